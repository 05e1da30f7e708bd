package io.nuthatch.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.RequestDecoder;
import io.nuthatch.resp.RespLimits;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Time to frame one request: 64 SETs of a 16-byte key in one read, and the same bytes in reads of 1460.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgs = {
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-modules=jdk.incubator.vector"
        })
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RequestDecoderBenchmark {
    private static final int REQUESTS = 64;
    private static final int SEGMENT_BYTES = 1460;

    @Param({"3", "64", "1536"})
    int valueBytes;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final RequestDecoder decoder = new RequestDecoder(allocator, RespLimits.DEFAULT);
    private final Args args = new Args();
    private ByteBuf stream = allocator.directBuffer();

    /// Writes the requests once; the decoder reads them in place again and again.
    @Setup
    public void write() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < REQUESTS; i++) {
            String key = String.format("key:%012d", i);
            String request = "*3\r\n$3\r\nSET\r\n$16\r\n" + key + "\r\n$" + valueBytes + "\r\n" + "v".repeat(valueBytes)
                    + "\r\n";
            bytes.writeBytes(request.getBytes(StandardCharsets.US_ASCII));
        }
        stream.writeBytes(bytes.toByteArray());
    }

    @TearDown
    public void release() {
        decoder.close();
        stream.release();
    }

    /// All requests in one buffer: nothing is copied.
    @Benchmark
    @OperationsPerInvocation(REQUESTS)
    public long oneRead() {
        decoder.feed(stream.retainedDuplicate());
        return frame();
    }

    /// Cut at the size of a TCP segment: each tail is copied and joined with what follows.
    @Benchmark
    @OperationsPerInvocation(REQUESTS)
    public long readsOfASegment() {
        long sum = 0;
        int length = stream.readableBytes();
        for (int at = 0; at < length; at += SEGMENT_BYTES) {
            decoder.feed(stream.retainedSlice(at, Math.min(SEGMENT_BYTES, length - at)));
            sum += frame();
        }
        return sum;
    }

    private long frame() {
        long sum = 0;
        while (decoder.next(args)) {
            sum += args.count() + args.length(1);
        }
        decoder.retainUnread();
        return sum;
    }
}
