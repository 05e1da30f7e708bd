package io.nuthatch.bench;

import io.nuthatch.engine.ColdStore;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.tiering.SsdStore;
import io.nuthatch.tiering.StoreOptions;
import io.nuthatch.tiering.disk.DirectFile;
import io.nuthatch.tiering.disk.IoBatch;
import io.nuthatch.tiering.disk.ReaderThreads;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;

/// A hundred random rows from the disk, and to it: slots of a flat file, RocksDB's blob files and its tables,
/// each in the ways there are, in turns, with direct I/O.
///
/// `java -cp ... io.nuthatch.bench.ColdStoreBenchmark FOLDER ROW-BYTES ROWS ROUNDS [BATCHES]`: fills a store
/// in FOLDER with the same rows three times unless it is there, then reads, and writes rows over. A line says
/// the least and the most of all rounds' medians, the worst 99th percentile, and the process's time on
/// processors for a batch.
public final class ColdStoreBenchmark {
    private static final int ROWS_A_BATCH = 100;
    private static final int SPACE = 0;
    private static final long FILLED = 3; // The flush after all.
    private static final int[] THREADS = {8, 16, 32};

    private interface Reader {
        void read(long[] ids) throws Exception;
    }

    private final int rowBytes;
    private final int count;
    private final MemorySegment into;
    private final int[] lengths = new int[ROWS_A_BATCH];
    private final Map<String, Reader> ways = new LinkedHashMap<>();
    private final Map<String, List<double[]>> results = new LinkedHashMap<>(); // p50, p99, processor; microseconds.

    private ColdStoreBenchmark(int rowBytes, int count, Arena arena) {
        this.rowBytes = rowBytes;
        this.count = count;
        this.into = arena.allocate((long) ROWS_A_BATCH * rowBytes, DirectFile.PAGE_BYTES);
    }

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int rowBytes = Integer.parseInt(args[1]);
        int count = Integer.parseInt(args[2]);
        int rounds = Integer.parseInt(args[3]);
        int batches = args.length > 4 ? Integer.parseInt(args[4]) : 200;
        MemoryAccount account = new MemoryAccount();
        Files.createDirectories(folder);
        boolean isFilled = SsdStore.flushes(folder).contains(FILLED);
        try (Arena arena = Arena.ofShared();
                SsdStore store = SsdStore.open(
                        folder,
                        isFilled ? FILLED : SsdStore.NO_FLUSH,
                        StoreOptions.DEFAULT,
                        account,
                        System::nanoTime)) {
            ColdStoreBenchmark benchmark = new ColdStoreBenchmark(rowBytes, count, arena);
            if (!isFilled) {
                benchmark.fill(store, account);
            }
            benchmark.readAll(store, folder, rounds, batches);
            System.out.println("counted " + account.byPart("cold") + ", resident " + resident());
        }
    }

    private void fill(SsdStore store, MemoryAccount account) throws IOException {
        fill(store, 1, "flat file", store.rows(SPACE, rowBytes));
        System.out.println("counted " + account.byPart("cold") + ", resident " + resident());
        fill(store, 2, "RocksDB, blob files", store.documents(SPACE));
        fill(store, FILLED, "RocksDB, tables", store.postings(SPACE));
        System.out.println("counted " + account.byPart("cold") + ", resident " + resident());
    }

    private void fill(SsdStore store, long flush, String name, ColdStore.Values values) throws IOException {
        Random random = new Random(1);
        MemorySegment row = into.asSlice(0, rowBytes);
        long start = System.nanoTime();
        for (int id = 0; id < count; id++) {
            row(row, id, random);
            values.put(id, row);
        }
        double put = (System.nanoTime() - start) / 1e9;
        store.flush(flush);
        store.forgetOlderFlushes();
        double flushed = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "%-22s %,.0f puts/s by one thread, %,.0f with the flush%n", name, count / put, count / flushed);
    }

    private static void row(MemorySegment row, int id, Random random) {
        for (long at = 0; at < row.byteSize(); at += 4) {
            Memory.putInt(row.address() + at, random.nextInt());
        }
        Memory.putInt(row.address(), id);
    }

    private static String resident() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS"))
                    .findFirst()
                    .orElse("?")
                    .replaceAll("\\s+", " ");
        }
    }

    private void readAll(SsdStore store, Path folder, int rounds, int batches) throws Exception {
        ColdStore.Values flat = store.rows(SPACE, rowBytes);
        ColdStore.Values blobs = store.documents(SPACE);
        ColdStore.Values tables = store.postings(SPACE);
        List<AutoCloseable> parts = new ArrayList<>();
        raw(folder, parts);
        ways.put("flat file, getAll", ids -> flat.getAll(ids, ROWS_A_BATCH, into, rowBytes, lengths));
        ways.put("flat file, one by one", ids -> {
            for (int i = 0; i < ROWS_A_BATCH; i++) {
                get(flat, ids, i);
            }
        });
        for (int threads : THREADS) {
            ReaderThreads readers = part(parts, new ReaderThreads(threads));
            ways.put("flat file, " + threads + " threads", ids -> readers.run(ROWS_A_BATCH, i -> get(flat, ids, i)));
            ways.put("blob files, " + threads + " threads", ids -> readers.run(ROWS_A_BATCH, i -> get(blobs, ids, i)));
            ways.put("tables, " + threads + " threads", ids -> readers.run(ROWS_A_BATCH, i -> get(tables, ids, i)));
        }
        virtual(flat, parts);
        multiGet(folder, parts);
        ways.put("flat file, putAll", ids -> flat.putAll(ids, ROWS_A_BATCH, into, rowBytes, lengths));
        ways.put("flat file, put one by one", ids -> {
            for (int i = 0; i < ROWS_A_BATCH; i++) {
                flat.put(ids[i], into.asSlice((long) i * rowBytes, rowBytes));
            }
        });
        Random random = new Random(2);
        for (int round = 0; round <= rounds; round++) {
            for (Map.Entry<String, Reader> way : ways.entrySet()) {
                double[] result = measure(way.getValue(), random, batches);
                if (round > 0) { // The first is for the compilers.
                    results.computeIfAbsent(way.getKey(), name -> new ArrayList<>())
                            .add(result);
                }
            }
        }
        results.forEach(ColdStoreBenchmark::print);
        for (AutoCloseable part : parts.reversed()) {
            part.close();
        }
    }

    private static <T extends AutoCloseable> T part(List<AutoCloseable> parts, T part) {
        parts.add(part);
        return part;
    }

    private void get(ColdStore.Values values, long[] ids, int i) throws IOException {
        lengths[i] = values.get(ids[i], into.asSlice((long) i * rowBytes, rowBytes));
    }

    /// What the disk gives: pages of 4 KB at random places of the same file, 100 at once and one by one.
    private void raw(Path folder, List<AutoCloseable> parts) throws IOException {
        Path path;
        try (Stream<Path> files = Files.list(folder)) {
            path = files.filter(file -> file.getFileName().toString().startsWith("rows-"))
                    .findFirst()
                    .orElseThrow();
        }
        DirectFile file = part(parts, DirectFile.open(path, DirectFile.PAGE_BYTES));
        long pages = file.sizeBytes() / DirectFile.PAGE_BYTES;
        IoBatch batch = part(
                parts, new IoBatch(ROWS_A_BATCH, DirectFile.PAGE_BYTES, new MemoryAccount().counter("bench", "raw")));
        Reader together = ids -> {
            for (int i = 0; i < ROWS_A_BATCH; i++) {
                batch.prepare(i, ids[i] * pages / count * DirectFile.PAGE_BYTES);
            }
            batch.read(file, ROWS_A_BATCH);
            Arrays.fill(lengths, rowBytes);
        };
        ways.put("raw 4 KB, 100 at once", together);
        ways.put("raw 4 KB, one by one", ids -> {
            for (int i = 0; i < ROWS_A_BATCH; i++) {
                file.read(ids[i] * pages / count * DirectFile.PAGE_BYTES, batch.address(0), DirectFile.PAGE_BYTES);
            }
            Arrays.fill(lengths, rowBytes);
        });
    }

    private void virtual(ColdStore.Values flat, List<AutoCloseable> parts) {
        ExecutorService threads = part(parts, Executors.newVirtualThreadPerTaskExecutor());
        ways.put("flat file, virtual threads", ids -> {
            CountDownLatch over = new CountDownLatch(ROWS_A_BATCH);
            for (int i = 0; i < ROWS_A_BATCH; i++) {
                int which = i;
                threads.execute(() -> {
                    try {
                        get(flat, ids, which);
                    } catch (IOException failure) {
                        lengths[which] = -2;
                    } finally {
                        over.countDown();
                    }
                });
            }
            over.await();
        });
    }

    /// RocksDB's own way to ask for many, on the folder of the flush.
    private void multiGet(Path folder, List<AutoCloseable> parts) throws Exception {
        Path flushed;
        try (Stream<Path> files = Files.list(folder)) {
            flushed = files.filter(file -> file.getFileName().toString().startsWith("rocksdb-"))
                    .findFirst()
                    .orElseThrow();
        }
        DBOptions options = part(parts, new DBOptions().setUseDirectReads(true));
        List<ColumnFamilyHandle> families = new ArrayList<>();
        RocksDB database = part(
                parts,
                RocksDB.openReadOnly(
                        options,
                        flushed.toString(),
                        List.of(
                                new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY),
                                new ColumnFamilyDescriptor("documents".getBytes(StandardCharsets.US_ASCII))),
                        families));
        List<ByteBuffer> keys = new ArrayList<>();
        List<ByteBuffer> values = new ArrayList<>();
        for (int i = 0; i < ROWS_A_BATCH; i++) {
            keys.add(ByteBuffer.allocateDirect(12));
            values.add(into.asSlice((long) i * rowBytes, rowBytes).asByteBuffer());
        }
        List<ColumnFamilyHandle> family = Collections.nCopies(ROWS_A_BATCH, families.get(1));
        ways.put("blob files, MultiGet", ids -> {
            for (int i = 0; i < ROWS_A_BATCH; i++) {
                keys.get(i).clear().putInt(SPACE).putLong(ids[i]).flip();
                values.get(i).clear();
            }
            var found = database.multiGetByteBuffers(family, keys, values);
            for (int i = 0; i < ROWS_A_BATCH; i++) {
                lengths[i] = found.get(i).requiredSize;
            }
        });
    }

    private double[] measure(Reader way, Random random, int batches) throws Exception {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        double[] micros = new double[batches];
        long[] ids = new long[ROWS_A_BATCH];
        long processor = system.getProcessCpuTime();
        for (int i = 0; i < batches; i++) {
            for (int k = 0; k < ROWS_A_BATCH; k++) {
                ids[k] = random.nextInt(count);
            }
            long start = System.nanoTime();
            way.read(ids);
            micros[i] = (System.nanoTime() - start) / 1e3;
            for (int length : lengths) {
                if (length != rowBytes) {
                    throw new AssertionError("a row of " + length + " bytes");
                }
            }
        }
        processor = system.getProcessCpuTime() - processor;
        Arrays.sort(micros);
        return new double[] {micros[batches / 2], micros[batches * 99 / 100], processor / 1e3 / batches};
    }

    private static void print(String name, List<double[]> rounds) {
        double least = rounds.stream().mapToDouble(each -> each[0]).min().orElse(0);
        double most = rounds.stream().mapToDouble(each -> each[0]).max().orElse(0);
        double worst = rounds.stream().mapToDouble(each -> each[1]).max().orElse(0);
        double processorLeast =
                rounds.stream().mapToDouble(each -> each[2]).min().orElse(0);
        double processorMost =
                rounds.stream().mapToDouble(each -> each[2]).max().orElse(0);
        System.out.printf(
                "%-28s p50 %,.0f to %,.0f us, p99 up to %,.0f us, processor %,.0f to %,.0f us%n",
                name, least, most, worst, processorLeast, processorMost);
    }
}
