package io.nuthatch.bench;

import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceOptions;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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

/// Batches of 64 commands against a keyspace of random 16-byte keys with 64-byte values, as an event loop
/// executes them: keys are hashed, touched or not, then each is locked, found and copied from or written.
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseZGC",
            "-Xmx512m"
        })
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class KeyspaceBenchmark {
    private static final int BATCH = 64;
    private static final int KEY_BYTES = 16;
    private static final int VALUE_BYTES = 64;
    private static final int VECTOR_BYTES = 1536;
    private static final int DOCUMENTS = 100_000;

    /// Few keys stay in the caches, many do not.
    @Param({"10000", "1000000"})
    public int keys;

    /// Whether the batch is touched first.
    @Param({"true", "false"})
    public boolean touch;

    private final MemoryAccount.Counter counter = new MemoryAccount().counter("bench", "buffers");
    private final MemoryAccount account = new MemoryAccount();
    private final Keyspace keyspace = new Keyspace(KeyspaceOptions.defaults(), () -> 1_000_000, account);
    private final Database database = keyspace.database(0);
    private final Key[] batch = new Key[BATCH];
    private long requests; // BATCH keys as the socket buffer would hold them
    private long reply;
    private long value;
    private long names;
    private long state = 0x5eed;

    /// Fills the keyspace.
    @Setup(Level.Trial)
    public void fill() {
        requests = OffHeap.allocate((long) BATCH * KEY_BYTES, counter);
        reply = OffHeap.allocate((long) BATCH * 4096, counter);
        value = OffHeap.allocate(4096, counter);
        names = OffHeap.allocate(4096, counter);
        Memory.copyIn("vectortagnum".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, names, 12);
        for (int i = 0; i < BATCH; i++) {
            batch[i] = new Key();
        }
        for (int n = 0; n < keys; n++) {
            writeKey(0, n);
            set(batch[0]);
        }
        System.out.printf(
                "# %d keys: %.1f bytes a key used, %.1f reserved%n",
                keys, keyspace.usedBytes() / (double) keys, keyspace.reservedBytes() / (double) keys);
    }

    @TearDown(Level.Trial)
    public void close() {
        keyspace.close();
    }

    /// GET: the value is copied into the reply.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long get() {
        nextBatch(keys);
        long to = reply;
        for (Key key : batch) {
            int stripe = keyspace.stripes().stripeOf(key.hashSlot());
            keyspace.stripes().lock(stripe);
            long record = database.find(key, 1_000_000);
            int length = Record.valueLength(record);
            Memory.copy(Record.valueAddress(record), to, length);
            keyspace.stripes().unlock(stripe);
            to += length;
        }
        return to;
    }

    /// SET of a value of the same length.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void set() {
        nextBatch(keys);
        for (Key key : batch) {
            set(key);
        }
    }

    /// SET of values of 1 to 1000 bytes: blocks are freed and allocated.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void setMixedLengths() {
        nextBatch(keys);
        for (Key key : batch) {
            int length = 1 + (int) ((next() >>> 33) % 1000);
            int stripe = keyspace.stripes().stripeOf(key.hashSlot());
            keyspace.stripes().lock(stripe);
            database.putString(key, value, length, 0);
            keyspace.stripes().unlock(stripe);
        }
    }

    /// HSET of a vector of 384 floats, a tag and a number over 100,000 documents.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void hsetDocument() {
        nextBatch(DOCUMENTS);
        for (Key key : batch) {
            Memory.putByte(key.address(), (byte) 'd');
            key.set(key.address(), KEY_BYTES);
            int stripe = keyspace.stripes().stripeOf(key.hashSlot());
            keyspace.stripes().lock(stripe);
            HashValue hash = database.hashForWrite(key, 1_000_000);
            hash.reserve(3, 12 + VECTOR_BYTES + 8 + 4);
            hash.put(names, 6, value, VECTOR_BYTES);
            hash.put(names + 6, 3, value, 8);
            hash.put(names + 9, 3, value, 4);
            keyspace.stripes().unlock(stripe);
        }
    }

    private void set(Key key) {
        int stripe = keyspace.stripes().stripeOf(key.hashSlot());
        keyspace.stripes().lock(stripe);
        database.putString(key, value, VALUE_BYTES, 0);
        keyspace.stripes().unlock(stripe);
    }

    private void nextBatch(int of) {
        for (int i = 0; i < BATCH; i++) {
            writeKey(i, (int) ((next() >>> 32) * of >>> 32));
        }
        if (touch) {
            database.touch(batch, BATCH);
        }
    }

    private void writeKey(int position, int number) {
        long address = requests + (long) position * KEY_BYTES;
        Memory.putInt(address, 0x3a79656b); // key:
        for (int digit = KEY_BYTES - 1, rest = number; digit >= 4; digit--, rest /= 10) {
            Memory.putByte(address + digit, (byte) ('0' + rest % 10));
        }
        batch[position].set(address, KEY_BYTES);
    }

    private long next() {
        state ^= state << 13;
        state ^= state >>> 7;
        return state ^= state << 17;
    }
}
