package io.nuthatch.tiering.rocks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.tiering.disk.FileTree;
import io.nuthatch.tiering.disk.ReaderThreads;
import io.nuthatch.tiering.disk.TrafficMeter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RateLimiter;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.StringAppendOperator;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/// One RocksDB with a column family for documents and one for posting lists.
///
/// Documents are in blob files beside the tree, since a compaction would otherwise copy each value once a
/// level; posting lists are in the tree, where an append is a write of its own (a merge operand) that reads
/// put behind the others and compactions make one with them. Nothing is compressed: vectors and their codes
/// do not shrink.
///
/// **No log, and no state of RocksDB's own survives.** Its log is off. [#flushTo] writes what is in memory,
/// of both families as of one moment (`atomic_flush`), and makes a folder of hard links to the files of that
/// moment. [#open] starts from such a folder and never from the one that was worked in, which a crash left as
/// it happened to be: files RocksDB flushed by itself meanwhile are gone with it.
///
/// Memory: blocks, indexes, filters and memtables share one cache of fixed size, whose use is counted as
/// `rocksdb` after every few calls. Threads: any, but for [#flushTo] and [#close].
public final class RocksFolder implements Closeable {
    private static final String DOCUMENTS = "documents";
    private static final String POSTINGS = "postings";
    private static final int BLOCK_BYTES = 4096;
    private static final int MIN_BLOB_BYTES = 512;
    private static final int BLOOM_BITS = 10;
    private static final int COUNT_EVERY = 16; // Calls; a power of two.
    private static final long LOG_FILE_BYTES = 1 << 20;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>(); // The last opened is closed first.
    private final ReaderThreads readers;
    private final Cache cache;
    private final MemoryAccount.Counter memory;
    private final AtomicInteger calls = new AtomicInteger();
    private final Object counting = new Object();
    private long counted; // Guarded by counting.
    private final RocksDB database;
    private final ColumnFamilyHandle documents;
    private final ColumnFamilyHandle postings;
    private final WriteOptions unlogged;
    private final ReadOptions checked;
    private final ExecutorService upkeep;
    private volatile boolean hasChanged;

    /// Opens `folder` anew, as it was when [#flushTo] made `flushed`, or empty. `cacheBytes`,
    /// `writeBufferBytes` and `backgroundBytesPerSecond` are bounds.
    public static RocksFolder open(
            Path folder,
            @Nullable Path flushed,
            long cacheBytes,
            long writeBufferBytes,
            long backgroundBytesPerSecond,
            ReaderThreads readers,
            MemoryAccount account)
            throws IOException {
        RocksDB.loadLibrary();
        FileTree.delete(folder);
        Files.createDirectories(folder);
        if (flushed != null) {
            link(flushed, folder);
        }
        try {
            return new RocksFolder(folder, cacheBytes, writeBufferBytes, backgroundBytesPerSecond, readers, account);
        } catch (RocksDBException failure) {
            throw new IOException(folder + ": " + failure.getMessage(), failure);
        }
    }

    /// Files that RocksDB never changes are shared, the others copied.
    private static void link(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".sst") || name.endsWith(".blob")) {
                    Files.createLink(to.resolve(name), file);
                } else {
                    Files.copy(file, to.resolve(name));
                }
            }
        }
    }

    private RocksFolder(
            Path folder,
            long cacheBytes,
            long writeBufferBytes,
            long backgroundBytesPerSecond,
            ReaderThreads readers,
            MemoryAccount account)
            throws RocksDBException {
        this.readers = readers;
        this.memory = account.counter("cold", "rocksdb");
        boolean isOpen = false;
        try {
            this.cache = part(new LRUCache(cacheBytes));
            BlockBasedTableConfig tables = new BlockBasedTableConfig()
                    .setBlockCache(cache)
                    .setCacheIndexAndFilterBlocks(true)
                    .setBlockSize(BLOCK_BYTES)
                    .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
                    .setFilterPolicy(part(new BloomFilter(BLOOM_BITS)));
            ColumnFamilyOptions plain = part(new ColumnFamilyOptions())
                    .setTableFormatConfig(tables)
                    .setCompressionType(CompressionType.NO_COMPRESSION)
                    .setWriteBufferSize(writeBufferBytes / 2)
                    .setMergeOperator(part(new StringAppendOperator("")));
            ColumnFamilyOptions blobs = part(new ColumnFamilyOptions(plain))
                    .setEnableBlobFiles(true)
                    .setMinBlobSize(MIN_BLOB_BYTES)
                    .setBlobCompressionType(CompressionType.NO_COMPRESSION)
                    .setEnableBlobGarbageCollection(true);
            DBOptions options = part(new DBOptions())
                    .setCreateIfMissing(true)
                    .setCreateMissingColumnFamilies(true)
                    .setAtomicFlush(true)
                    .setWriteBufferManager(part(new WriteBufferManager(writeBufferBytes, cache)))
                    .setRateLimiter(part(new RateLimiter(backgroundBytesPerSecond)))
                    .setUseDirectReads(true)
                    .setUseDirectIoForFlushAndCompaction(true)
                    .setMaxBackgroundJobs(2)
                    .setStatsDumpPeriodSec(0)
                    .setStatsPersistPeriodSec(0)
                    .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                    .setMaxLogFileSize(LOG_FILE_BYTES)
                    .setKeepLogFileNum(2);
            this.unlogged = part(new WriteOptions()).setDisableWAL(true);
            this.checked = part(new ReadOptions()).setVerifyChecksums(true);
            List<ColumnFamilyHandle> families = new ArrayList<>();
            this.database = part(RocksDB.open(
                    options,
                    folder.toString(),
                    List.of(
                            new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, plain),
                            new ColumnFamilyDescriptor(DOCUMENTS.getBytes(US_ASCII), blobs),
                            new ColumnFamilyDescriptor(POSTINGS.getBytes(US_ASCII), plain)),
                    families));
            families.forEach(this::part);
            this.documents = families.get(1);
            this.postings = families.get(2);
            this.upkeep = Executors.newSingleThreadExecutor(Thread.ofPlatform()
                    .name("nuthatch-cold-upkeep")
                    .daemon(true)
                    .factory());
            isOpen = true;
        } finally {
            if (!isOpen) {
                closeParts();
            }
        }
    }

    private <T extends AutoCloseable> T part(T part) {
        parts.push(part);
        return part;
    }

    public RocksValues documents(int space, TrafficMeter traffic) {
        return new RocksValues(this, documents, DOCUMENTS, space, traffic);
    }

    public RocksValues postings(int space, TrafficMeter traffic) {
        return new RocksValues(this, postings, POSTINGS, space, traffic);
    }

    RocksDB database() {
        return database;
    }

    ReaderThreads readers() {
        return readers;
    }

    WriteOptions unlogged() {
        return unlogged;
    }

    ReadOptions checked() {
        return checked;
    }

    /// A call that wrote is over.
    void wrote() {
        hasChanged = true;
        used();
    }

    /// A call is over; the cache may hold more than before.
    void used() {
        if ((calls.incrementAndGet() & (COUNT_EVERY - 1)) == 0) {
            count(cache.getUsage());
        }
    }

    private void count(long bytes) {
        synchronized (counting) {
            memory.add(bytes - counted);
            counted = bytes;
        }
    }

    /// Drops the documents and postings of `space`. The room comes back by a compaction in the background.
    public void drop(int space) throws IOException {
        byte[] from = RocksValues.first(space);
        byte[] to = RocksValues.first(space + 1); // Never used as a space: Integer.MAX_VALUE is none.
        for (ColumnFamilyHandle family : List.of(documents, postings)) {
            try {
                database.deleteRange(family, unlogged, from, to);
            } catch (RocksDBException failure) {
                throw new IOException("cold space " + space + ": " + failure.getMessage(), failure);
            }
            upkeep.execute(() -> compact(family, from, to));
        }
        wrote();
    }

    private void compact(ColumnFamilyHandle family, byte[] from, byte[] to) {
        try {
            database.compactRange(family, from, to);
        } catch (RocksDBException laterThen) {
            // Compactions that RocksDB begins by itself get there, too.
        }
    }

    /// Whether anything has changed since [#flushTo] or [#open].
    public boolean hasChanged() {
        return hasChanged;
    }

    /// Writes all that returned before to `flushed`, a folder that is not there yet, and syncs it.
    public void flushTo(Path flushed) throws IOException {
        hasChanged = false;
        try (Checkpoint checkpoint = Checkpoint.create(database)) {
            checkpoint.createCheckpoint(flushed.toString());
            count(cache.getUsage());
        } catch (RocksDBException failure) {
            hasChanged = true;
            throw new IOException(flushed + ": " + failure.getMessage(), failure);
        }
    }

    /// What the last [#flushTo] wrote is not what a restart finds.
    public void flushFailed() {
        hasChanged = true;
    }

    /// Gives all memory back. What was not flushed is lost.
    @Override
    public void close() {
        upkeep.shutdown();
        database.cancelAllBackgroundWork(true);
        boolean wasInterrupted = false;
        while (true) {
            try {
                if (upkeep.awaitTermination(1, TimeUnit.HOURS)) {
                    break;
                }
            } catch (InterruptedException later) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
        closeParts();
        count(0);
    }

    private void closeParts() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception impossible) {
                throw new AssertionError(impossible);
            }
        }
    }
}
