package io.nuthatch.tools.importer;

import io.nuthatch.resp.rdb.Crc64;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// Keys of an RDB file, each as one `RESTORE key expiry value REPLACE ABSTTL`; and the commands behind it,
/// where an append-only file begins with an RDB part.
///
/// The value travels as it is in the file, packed, with expiry of fields and all: decoding is the server's.
/// Keys of a kind that the server has no commands for are passed and counted.
final class RdbSource implements Source {
    /// What payloads are marked with at most: that of Redis 7.4, whose forms are the newest that are read.
    private static final int MAX_PAYLOAD_VERSION = 12;

    private static final int VERIFIED_BETWEEN_LOOKS = 4096;

    private static final byte[] ZERO = ascii("0");
    private static final byte[] RESTORE = ascii("RESTORE");
    private static final byte[] REPLACE = ascii("REPLACE");
    private static final byte[] ABSTTL = ascii("ABSTTL");
    private static final byte[] IDLETIME = ascii("IDLETIME");
    private static final byte[] FREQ = ascii("FREQ");

    private final FileInput in;
    private final RdbReader reader;
    private final Set<RdbType.Kind> known;
    private final Map<RdbType.Kind, Long> skipped = new EnumMap<>(RdbType.Kind.class);
    private long toldDatabase = -1;
    private @Nullable CommandFile tail;

    /// @param known the kinds that the server has
    RdbSource(FileInput in, Set<RdbType.Kind> known) throws IOException {
        this.in = in;
        this.known = known;
        this.reader = new RdbReader(in, known::contains);
    }

    /// Reads the RDB part of a file and gives nothing of it away.
    ///
    /// @param watcher told of the offset now and then
    /// @throws MalformedFileException when it is torn or damaged
    static void verify(Path file, LongConsumer watcher) throws IOException {
        try (FileInput in = FileInput.open(file)) {
            RdbReader reader = new RdbReader(in, kind -> false);
            for (long keys = 1; reader.next() != null; keys++) {
                if (keys % VERIFIED_BETWEEN_LOOKS == 0) {
                    watcher.accept(in.offset());
                }
            }
        }
    }

    @Override
    public boolean next(CommandSink sink) throws IOException, BadItemException {
        if (tail != null) {
            return tail.next(sink);
        }
        RdbReader.Entry entry = reader.next();
        if (entry == null) {
            int more = in.peek();
            if (more < 0) {
                return false;
            }
            if (more != '*' && more != '#') {
                throw in.malformed("there is something behind the end of the RDB file");
            }
            tail = new CommandFile(in, ZERO);
            return tail.next(sink);
        }
        RdbType.Kind kind = entry.type().kind();
        if (!known.contains(kind)) {
            skipped.merge(kind, 1L, Long::sum);
            return true;
        }
        if (entry.value().length == 0) {
            throw new BadItemException(
                    entry.offset(), text(entry.key()) + " is larger than " + FileInput.MAX_BYTES + " bytes");
        }
        if (sink != CommandSink.NOWHERE) {
            restore(sink, entry);
        }
        return true;
    }

    private void restore(CommandSink sink, RdbReader.Entry entry) throws IOException, BadItemException {
        byte[] payload = payload(entry);
        if (toldDatabase != entry.database()) {
            toldDatabase = entry.database();
            sink.select(decimal(toldDatabase), entry.offset());
        }
        boolean isIdle = entry.idleSeconds() >= 0;
        boolean isCounted = entry.frequency() >= 0;
        sink.begin(6 + (isIdle ? 2 : 0) + (isCounted ? 2 : 0));
        sink.argument(RESTORE);
        sink.argument(entry.key());
        sink.argument(decimal(entry.expireAt() < 0 ? 1 : entry.expireAt())); // Before 1970: it has expired.
        sink.argument(payload);
        sink.argument(REPLACE);
        sink.argument(ABSTTL);
        if (isIdle) {
            sink.argument(IDLETIME);
            sink.argument(decimal(entry.idleSeconds()));
        }
        if (isCounted) {
            sink.argument(FREQ);
            sink.argument(decimal(entry.frequency()));
        }
        sink.end(entry.offset());
    }

    /// Type, value, version (2, LE), CRC-64 (8, LE).
    private byte[] payload(RdbReader.Entry entry) throws BadItemException {
        int type = entry.type().code();
        byte[] value = entry.value();
        if (entry.type() == RdbType.HASH_ZIPMAP) {
            try {
                value = Zipmap.toPlainHash(value);
                type = RdbType.HASH.code();
            } catch (IOException malformed) {
                throw new BadItemException(entry.offset(), text(entry.key()) + ": " + malformed.getMessage());
            }
        }
        int end = 1 + value.length;
        byte[] payload = new byte[end + 2 + Long.BYTES];
        payload[0] = (byte) type;
        System.arraycopy(value, 0, payload, 1, value.length);
        payload[end] = (byte) Math.min(reader.version(), MAX_PAYLOAD_VERSION);
        long crc = Crc64.of(payload, end + 2);
        for (int i = 0; i < Long.BYTES; i++) {
            payload[end + 2 + i] = (byte) (crc >>> (8 * i));
        }
        return payload;
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        skipped.forEach((kind, count) -> {
            if (kind.command() != null) {
                notes.add("skipped " + count + " of type " + kind.words() + ": the server has no " + kind.command());
            }
        });
        reader.modules()
                .forEach((module, count) ->
                        notes.add("skipped " + count + " of type " + module + ", which belongs to a module"));
        if (reader.functions() > 0) {
            notes.add("skipped " + reader.functions() + " libraries of functions, which the server does not run");
        }
        return notes;
    }

    @Override
    public long position() {
        return in.offset();
    }

    @Override
    public long size() {
        return in.size();
    }

    @Override
    public String describe(long place) {
        return "offset " + place;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /// A key for people: at most 64 bytes of it.
    private static String text(byte[] key) {
        return "'" + new String(Arrays.copyOf(key, Math.min(key.length, 64)), StandardCharsets.UTF_8) + "'";
    }

    private static byte[] decimal(long value) {
        return ascii(Long.toString(value));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
