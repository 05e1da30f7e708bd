package io.nuthatch.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestDecoderTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eedL);
    private static final int RUNS = Integer.getInteger("nuthatch.runs", 4_000);
    private static final String WORD_BYTES = "ab \t\"'\\xn41 \013\f";
    private static final String DAMAGE = "\r\n*$-0123456789\0 \"'\\";
    private static final RespLimits SMALL = new RespLimits(300, 6, 120, 700, false);
    private static final RespLimits SMALL_BEFORE_AUTH = new RespLimits(300, 6, 120, 700, true);

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

    @AfterEach
    void everyBufferIsReleased() {
        assertThat(allocator.metric().usedDirectMemory()).isZero();
    }

    @Test
    void anyBytesInAnySplitAreFramedAsTheModelFramesThem() {
        for (int run = 0; run < RUNS; run++) {
            long seed = SEED + run;
            SplittableRandom random = new SplittableRandom(seed);
            byte[] stream = stream(random);
            RespLimits limits = random.nextBoolean() ? SMALL : SMALL_BEFORE_AUTH;
            RequestModel.Outcome expected = RequestModel.parse(stream, limits);
            List<List<byte[]>> got = new ArrayList<>();
            try (RequestDecoder decoder = new RequestDecoder(allocator, limits)) {
                feedInPieces(decoder, stream, random, got);
                String reproduce = "reproduce with -Dnuthatch.runs=1 -Dnuthatch.seed=" + seed;
                assertThat(texts(got)).as(reproduce).isEqualTo(texts(expected.requests()));
                assertThat(decoder.hasFailed()).as(reproduce).isEqualTo(expected.isFailed());
                assertThat(decoder.failure()).as(reproduce).isEqualTo(expected.failure());
            }
        }
    }

    private void feedInPieces(RequestDecoder decoder, byte[] stream, SplittableRandom random, List<List<byte[]>> got) {
        int most = random.nextBoolean() ? 3 : 200;
        int at = 0;
        while (at < stream.length && !decoder.hasFailed()) {
            int length = Math.min(stream.length - at, 1 + random.nextInt(most));
            decoder.feed(buffer(stream, at, length));
            at += length;
            if (random.nextInt(10) == 0) {
                continue; // A reader that is busy: two reads gather before any is framed.
            }
            frameAll(decoder, random, got);
        }
        frameAll(decoder, random, got);
    }

    /// Frames everything, now and then a batch of which not all is executed, which is framed again.
    private static void frameAll(RequestDecoder decoder, SplittableRandom random, List<List<byte[]>> got) {
        while (true) {
            Args[] batch = new Args[1 + random.nextInt(4)];
            long[] starts = new long[batch.length];
            int count = 0;
            while (count < batch.length) {
                batch[count] = new Args();
                if (!decoder.next(batch[count])) {
                    break;
                }
                starts[count] = decoder.requestStart();
                count++;
            }
            if (count == 0) {
                decoder.retainUnread();
                return;
            }
            int executed = random.nextInt(5) == 0 ? random.nextInt(count) : count;
            for (int i = 0; i < executed; i++) {
                got.add(arguments(batch[i]));
            }
            if (executed < count) {
                decoder.rewind(starts[executed]);
            }
            if (random.nextInt(5) == 0) {
                decoder.retainUnread();
            }
        }
    }

    private static byte[] stream(SplittableRandom random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int requests = 1 + random.nextInt(12);
        for (int i = 0; i < requests; i++) {
            switch (random.nextInt(12)) {
                case 0 -> out.writeBytes(ascii(random.nextBoolean() ? "*0\r\n" : "*-1\r\n"));
                case 1 -> out.writeBytes(ascii(random.nextBoolean() ? "\r\n" : "  \n"));
                case 2 -> out.writeBytes(line(random));
                case 3 -> {
                    byte[] noise = new byte[random.nextInt(40)];
                    random.nextBytes(noise);
                    if (random.nextInt(4) == 0) {
                        out.writeBytes(noise);
                    }
                }
                case 4 -> {
                    if (random.nextInt(8) == 0) {
                        String filler = "x".repeat(100 + random.nextInt(60));
                        out.writeBytes(ascii((random.nextBoolean() ? "*" : "*1\r\n$") + filler));
                    }
                }
                default -> out.writeBytes(request(random));
            }
        }
        byte[] bytes = out.toByteArray();
        for (int damage = random.nextInt(4) == 0 ? random.nextInt(3) : 0; damage > 0 && bytes.length > 0; damage--) {
            bytes[random.nextInt(bytes.length)] = (byte) DAMAGE.charAt(random.nextInt(DAMAGE.length()));
        }
        return bytes;
    }

    private static byte[] request(SplittableRandom random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int count = random.nextInt(20) == 0 ? 5 + random.nextInt(8) : 1 + random.nextInt(4);
        out.writeBytes(ascii("*" + count + "\r\n"));
        for (int i = 0; i < count; i++) {
            byte[] argument = new byte[random.nextInt(30) == 0 ? 250 + random.nextInt(100) : random.nextInt(20)];
            random.nextBytes(argument);
            out.writeBytes(ascii("$" + argument.length + "\r\n"));
            out.writeBytes(argument);
            out.writeBytes(ascii("\r\n"));
        }
        return out.toByteArray();
    }

    private static byte[] line(SplittableRandom random) {
        StringBuilder line = new StringBuilder();
        int length = random.nextInt(30);
        for (int i = 0; i < length; i++) {
            line.append(WORD_BYTES.charAt(random.nextInt(WORD_BYTES.length())));
        }
        return ascii(line + (random.nextBoolean() ? "\r\n" : "\n"));
    }

    @Test
    void aBulkInManyReadsIsCopiedAFewTimesAndAtLastIntoABufferOfItsSize() {
        byte[] value = new byte[900_000];
        new SplittableRandom(7).nextBytes(value);
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        stream.writeBytes(ascii("*2\r\n$3\r\nSET\r\n$900000\r\n"));
        stream.writeBytes(value);
        stream.writeBytes(ascii("\r\n"));
        byte[] bytes = stream.toByteArray();
        try (RequestDecoder decoder = new RequestDecoder(allocator, RespLimits.DEFAULT)) {
            Args args = new Args();
            List<Long> held = new ArrayList<>();
            for (int at = 0; at < bytes.length; at += 16_384) {
                decoder.feed(buffer(bytes, at, Math.min(16_384, bytes.length - at)));
                if (decoder.next(args)) {
                    break;
                }
                decoder.retainUnread();
                if (held.isEmpty() || held.getLast() != decoder.heldBytes()) {
                    held.add(decoder.heldBytes());
                }
            }
            assertThat(args.bytes(1)).isEqualTo(value);
            assertThat(held).hasSize(3).last().isEqualTo((long) bytes.length);
        }
    }

    @Test
    void anAnnouncementAloneReservesLittle() {
        try (RequestDecoder decoder = new RequestDecoder(allocator, RespLimits.DEFAULT)) {
            byte[] half = ascii("*2\r\n$3\r\nSET\r\n$536870912\r\nx");
            decoder.feed(buffer(half, 0, half.length));
            assertThat(decoder.next(new Args())).isFalse();
            decoder.retainUnread();
            assertThat(decoder.heldBytes()).isLessThanOrEqualTo(16 << 10);
        }
    }

    @Test
    void aMillionEmptyRequestsLeaveNothingBehind() {
        byte[] empties = ascii("*0\r\n\r\n*-1\r\n".repeat(4096));
        try (RequestDecoder decoder = new RequestDecoder(allocator, RespLimits.DEFAULT)) {
            Args args = new Args();
            for (int i = 0; i < 82; i++) {
                decoder.feed(buffer(empties, 0, empties.length));
                assertThat(decoder.next(args)).isFalse();
                decoder.retainUnread();
                assertThat(decoder.heldBytes()).isZero();
            }
        }
    }

    @Test
    void aLineThatNeverEndsIsRefusedAtItsLimit() {
        byte[] endless = ascii("x".repeat(1000));
        try (RequestDecoder decoder = new RequestDecoder(allocator, RespLimits.DEFAULT)) {
            int sent = 0;
            while (!decoder.hasFailed()) {
                decoder.feed(buffer(endless, 0, endless.length));
                sent += endless.length;
                assertThat(decoder.next(new Args())).isFalse();
                decoder.retainUnread();
                assertThat(sent).isLessThan(70_000);
            }
            assertThat(decoder.failure()).isEqualTo("Protocol error: too big inline request");
        }
    }

    private ByteBuf buffer(byte[] bytes, int from, int length) {
        return allocator.directBuffer(length).writeBytes(bytes, from, length);
    }

    private static List<byte[]> arguments(Args args) {
        List<byte[]> list = new ArrayList<>();
        for (int i = 0; i < args.count(); i++) {
            list.add(args.bytes(i));
        }
        return list;
    }

    private static List<List<String>> texts(List<List<byte[]>> requests) {
        return requests.stream()
                .map(request -> request.stream()
                        .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1))
                        .toList())
                .toList();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
