package io.nuthatch.tiering;

import io.nuthatch.engine.ColdStore;
import io.nuthatch.engine.ColdTraffic;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.tiering.disk.FileTree;
import io.nuthatch.tiering.disk.ReaderThreads;
import io.nuthatch.tiering.disk.TrafficMeter;
import io.nuthatch.tiering.flat.FlatRows;
import io.nuthatch.tiering.rocks.RocksFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The cold store of a server in one folder: rows in files of slots, documents and postings in RocksDB.
///
/// ```
/// lock            held by the server that uses the folder
/// flush-F         what flush F consists of (FlushManifest); the rest is named by one of these or garbage
/// rows-N, map-N   a space's rows, and where they are
/// rocksdb         RocksDB's folder as it works
/// rocksdb-N       the same as of a flush: hard links
/// ```
/// Every file has a number of its own, and no file that a flush names is written to at the places it names:
/// a flush adds files, and its manifest, which comes last, makes them one. It writes four bytes for each id
/// of a space whose rows have changed, and what RocksDB had in memory.
///
/// No class of RocksDB is loaded before documents or postings are asked for. Linux only. Threads: as
/// [ColdStore] says; the lock of this object is held for the length of a flush, by nobody who reads.
public final class SsdStore implements ColdStore {
    /// The state before any flush: nothing.
    public static final long NO_FLUSH = -1;

    private static final String LOCK = "lock";
    private static final String ROWS = "rows-";
    private static final String MAP = "map-";
    private static final String ROCKSDB = "rocksdb";

    private static final class Rows {
        private final FlatRows values;
        private final long file;
        private long map; // 0 as long as no flush has it.
        private long nextMap; // Of the flush under way.

        Rows(FlatRows values, long file, long map) {
            this.values = values;
            this.file = file;
            this.map = map;
            this.nextMap = map;
        }
    }

    private final Path folder;
    private final FileLock lock;
    private final StoreOptions options;
    private final MemoryAccount account;
    private final ReaderThreads readers;
    private final Map<Kind, TrafficMeter> meters = new EnumMap<>(Kind.class);
    private final Map<Integer, Rows> rows = new TreeMap<>(); // Guarded by this, as all below.
    private final List<Rows> dropped = new ArrayList<>(); // Until the next flush.
    private @Nullable RocksFolder rocks;
    private final Map<Long, FlushManifest> flushes = new TreeMap<>(); // That are whole and not forgotten.
    private long rocksFlushed; // Number of the last flush's folder, 0 for none.
    private long lastNumber; // Of a file.
    private long lastFlush = NO_FLUSH;

    /// The store in `folder`, which is made when it is not there, as flush `number` left it; empty for
    /// [#NO_FLUSH]. Other flushes are forgotten.
    ///
    /// Throws when another server uses the folder, there is no such flush, or what it wrote is damaged.
    public static SsdStore open(Path folder, long number, StoreOptions options, MemoryAccount account, NanoClock clock)
            throws IOException {
        if (!System.getProperty("os.name", "").startsWith("Linux")) {
            throw new IOException("a cold store needs Linux");
        }
        Files.createDirectories(folder);
        FileLock lock = lock(folder);
        SsdStore store = new SsdStore(folder, lock, options, account, clock);
        try {
            store.restore(number);
        } catch (IOException | RuntimeException | Error failure) {
            store.close();
            throw failure;
        }
        return store;
    }

    /// The numbers of the flushes in `folder`, from low to high.
    public static List<Long> flushes(Path folder) throws IOException {
        return FlushManifest.list(folder);
    }

    private static FileLock lock(Path folder) throws IOException {
        FileChannel file = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = file.tryLock();
        } catch (OverlappingFileLockException sameProcess) {
            // As if it were another's.
        }
        if (lock == null) {
            file.close();
            throw new IOException(folder + " is in use by another server");
        }
        return lock;
    }

    private SsdStore(Path folder, FileLock lock, StoreOptions options, MemoryAccount account, NanoClock clock) {
        this.folder = folder;
        this.lock = lock;
        this.options = options;
        this.account = account;
        this.readers = new ReaderThreads(options.readerThreads());
        for (Kind kind : Kind.values()) {
            meters.put(kind, new TrafficMeter(clock));
        }
    }

    private synchronized void restore(long number) throws IOException {
        if (number != NO_FLUSH) {
            FlushManifest manifest = FlushManifest.read(folder, number);
            for (FlushManifest.Rows each : manifest.rows()) {
                FlatRows values = FlatRows.open(
                        rowsFile(each.file()),
                        mapFile(each.map()),
                        each.space(),
                        each.slotBytes(),
                        account,
                        meter(Kind.ROWS));
                rows.put(each.space(), new Rows(values, each.file(), each.map()));
                lastNumber = Math.max(lastNumber, Math.max(each.file(), each.map()));
            }
            rocksFlushed = manifest.rocksdb();
            lastNumber = Math.max(lastNumber, rocksFlushed);
            if (rocksFlushed != 0 && !Files.isDirectory(rocksFolder(rocksFlushed))) {
                throw new IOException(rocksFolder(rocksFlushed) + " is missing");
            }
            flushes.put(number, manifest);
            lastFlush = number;
        }
        sweep();
    }

    /// Deletes what no flush names and nobody uses; manifests before the files they name.
    private void sweep() throws IOException {
        Set<Path> named = new HashSet<>();
        named.add(folder.resolve(LOCK));
        if (rocks != null) {
            named.add(folder.resolve(ROCKSDB));
        }
        for (Rows each : rows.values()) {
            named.add(rowsFile(each.file));
        }
        for (FlushManifest flush : flushes.values()) {
            named.add(FlushManifest.file(folder, flush.number()));
            if (flush.rocksdb() != 0) {
                named.add(rocksFolder(flush.rocksdb()));
            }
            for (FlushManifest.Rows each : flush.rows()) {
                named.add(rowsFile(each.file()));
                named.add(mapFile(each.map()));
            }
        }
        for (long number : FlushManifest.list(folder)) {
            if (!flushes.containsKey(number)) {
                Files.delete(FlushManifest.file(folder, number));
            }
        }
        FileTree.sync(folder);
        try (Stream<Path> found = Files.list(folder)) {
            for (Path path : found.toList()) {
                if (!named.contains(path)) {
                    FileTree.delete(path);
                }
            }
        }
    }

    private Path rowsFile(long number) {
        return folder.resolve(ROWS + number);
    }

    private Path mapFile(long number) {
        return folder.resolve(MAP + number);
    }

    private Path rocksFolder(long number) {
        return folder.resolve(ROCKSDB + "-" + number);
    }

    @Override
    public synchronized Values rows(int space, int rowBytes) throws IOException {
        checkSpace(space);
        if (rowBytes < 1 || rowBytes > VALUE_BYTES_MAX) {
            throw new IllegalArgumentException("a row has 1 to " + VALUE_BYTES_MAX + " bytes, got " + rowBytes);
        }
        Rows present = rows.get(space);
        if (present == null) {
            long number = ++lastNumber;
            FlatRows created = FlatRows.create(rowsFile(number), space, rowBytes, account, meter(Kind.ROWS));
            present = new Rows(created, number, 0);
            rows.put(space, present);
        } else if (present.values.rowBytes() != rowBytes) {
            throw new IllegalArgumentException(
                    "rows of cold space " + space + " have " + present.values.rowBytes() + " bytes, not " + rowBytes);
        }
        return present.values;
    }

    @Override
    public synchronized Values documents(int space) throws IOException {
        checkSpace(space);
        return rocks().documents(space, meter(Kind.DOCUMENTS));
    }

    @Override
    public synchronized Postings postings(int space) throws IOException {
        checkSpace(space);
        return rocks().postings(space, meter(Kind.POSTINGS));
    }

    private TrafficMeter meter(Kind kind) {
        return Objects.requireNonNull(meters.get(kind));
    }

    @Override
    public ColdTraffic traffic(Kind kind) {
        return meter(kind).now();
    }

    private static void checkSpace(int space) {
        if (space < 0 || space == Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a space must be between 0 and 2147483646, got " + space);
        }
    }

    private RocksFolder rocks() throws IOException {
        RocksFolder present = rocks;
        if (present == null) {
            present = RocksFolder.open(
                    folder.resolve(ROCKSDB),
                    rocksFlushed == 0 ? null : rocksFolder(rocksFlushed),
                    options.cacheBytes(),
                    options.writeBufferBytes(),
                    options.backgroundBytesPerSecond(),
                    readers,
                    account);
            rocks = present;
        }
        return present;
    }

    @Override
    public synchronized void drop(int space) throws IOException {
        checkSpace(space);
        if (rocks != null || rocksFlushed != 0) {
            rocks().drop(space);
        }
        Rows gone = rows.remove(space);
        if (gone != null) {
            dropped.add(gone);
        }
    }

    @Override
    public synchronized void flush(long number) throws IOException {
        if (number <= lastFlush || number < 0) {
            throw new IllegalArgumentException("a flush after " + lastFlush + " cannot be " + number);
        }
        List<Rows> begun = new ArrayList<>();
        List<Path> written = new ArrayList<>();
        List<FlushManifest.Rows> named = new ArrayList<>();
        long rocksNumber = rocksFlushed;
        boolean mayBeFound = false;
        boolean isWhole = false;
        try {
            for (Map.Entry<Integer, Rows> entry : rows.entrySet()) {
                Rows each = entry.getValue();
                if (each.values.beginFlush()) {
                    begun.add(each);
                    each.nextMap = ++lastNumber;
                    written.add(mapFile(each.nextMap));
                    each.values.write(mapFile(each.nextMap));
                }
                named.add(new FlushManifest.Rows(
                        entry.getKey(), each.values.rowBytes(), each.values.slotBytes(), each.file, each.nextMap));
            }
            if (rocks != null && rocks.hasChanged()) {
                rocksNumber = ++lastNumber;
                written.add(rocksFolder(rocksNumber));
                rocks.flushTo(rocksFolder(rocksNumber));
            }
            mayBeFound = true; // Whatever fails from here on.
            FlushManifest manifest = new FlushManifest(number, named, rocksNumber);
            manifest.write(folder);
            flushes.put(number, manifest);
            isWhole = true;
        } finally {
            for (Rows each : begun) {
                each.values.endFlush(isWhole);
            }
            if (!isWhole) {
                undo(mayBeFound ? List.of() : written);
            }
        }
        for (Rows each : begun) {
            each.map = each.nextMap;
        }
        rocksFlushed = rocksNumber;
        lastFlush = number;
    }

    /// The next flush does all again; `written` is in the way of a disk that is full.
    private void undo(List<Path> written) throws IOException {
        if (rocks != null) {
            rocks.flushFailed();
        }
        for (Path path : written) {
            FileTree.delete(path);
        }
    }

    @Override
    public synchronized void forgetOlderFlushes() throws IOException {
        flushes.keySet().removeIf(number -> number != lastFlush);
        for (Rows each : dropped) {
            each.values.close();
        }
        dropped.clear();
        sweep(); // Before slots that older flushes name are written to.
        for (Rows each : rows.values()) {
            each.values.forgetOlderFlushes();
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (rocks != null) {
            rocks.close();
            rocks = null;
        }
        dropped.addAll(rows.values());
        rows.clear();
        for (Rows each : dropped) {
            each.values.close();
        }
        dropped.clear();
        readers.close();
        lock.acquiredBy().close(); // Which gives the lock back.
    }
}
