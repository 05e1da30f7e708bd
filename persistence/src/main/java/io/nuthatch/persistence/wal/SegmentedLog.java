package io.nuthatch.persistence.wal;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A log in segments ([SegmentFormat]): read back when the server starts, its end made clean, then written
/// and read on.
///
/// What a crash tore is cut off: the file is truncated behind the last good record, for good, so that a
/// record that was torn once never comes back, neither after this start nor after a later one. Nothing is
/// appended to that file any more; the next record begins a new segment. Damage before the end is refused:
/// see [SegmentScan].
///
/// One [#replay]; everything else from any thread.
public final class SegmentedLog implements LogFiles {
    private final Storage storage;
    private final MemoryAccount.Counter counter;
    private final Replaying replaying = new Replaying();

    /// `counter` counts the memory of one segment at a time.
    public SegmentedLog(Storage storage, MemoryAccount.Counter counter) {
        this.storage = storage;
        this.counter = counter;
    }

    @Override
    public long totalBytes() {
        return replaying.totalBytes();
    }

    @Override
    public boolean isEmpty() throws IOException {
        return storage.list().stream().noneMatch(SegmentFormat::isSegment);
    }

    @Override
    public long firstLsn() throws IOException {
        return storage.list().stream()
                .filter(SegmentFormat::isSegment)
                .mapToLong(SegmentFormat::firstLsn)
                .min()
                .orElse(1);
    }

    @Override
    public void discardFrom(long lsn) throws IOException {
        for (String name : SegmentFormat.segments(storage).reversed()) {
            if (SegmentFormat.firstLsn(name) >= lsn) {
                storage.delete(name);
                storage.sync();
            }
        }
    }

    @Override
    public LogWriter writer(End end, long segmentBytes, EpochClock clock) {
        return new SegmentWriter(storage, clock, counter, segmentBytes, end);
    }

    @Override
    public LogCursor cursor(long lsn) {
        return new SegmentCursor(storage, counter, lsn);
    }

    @Override
    public long readBytes() {
        return replaying.readBytes();
    }

    @Override
    public End replay(long coveredLsn, Visitor visitor) throws IOException {
        List<String> all = SegmentFormat.segments(storage);
        List<String> names = Replaying.needed(all, SegmentFormat::firstLsn, name -> name, coveredLsn);
        long leftBytes = sizeOf(all.subList(0, all.size() - names.size()));
        replaying.begin(sizeOf(names));
        long nextLsn = names.isEmpty() ? 1 : SegmentFormat.firstLsn(names.getFirst());
        long bytes = leftBytes;
        Cut cut = null;
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            boolean isLast = i == names.size() - 1;
            if (SegmentFormat.firstLsn(name) != nextLsn) {
                throw Replaying.missing(name, SegmentFormat.firstLsn(name));
            }
            try (Storage.File file = storage.open(name);
                    SegmentScan scan = new SegmentScan(file, counter)) {
                if (!scan.hasHeader()) {
                    if (scan.otherVersion() > 0) {
                        throw SegmentFormat.refused(name, scan.otherVersion());
                    }
                    // The header is synced before the first record is written: without one there are no records.
                    if (!isLast || !scan.isZeroFrom(SegmentFormat.HEADER_BYTES)) {
                        throw new DamagedLogException(name, 0, "this is no header of a segment");
                    }
                    visitor.end();
                    storage.delete(name);
                    storage.sync();
                    break;
                }
                replaying.visitAll(scan, coveredLsn, visitor);
                nextLsn = scan.nextLsn();
                if (!isLast) {
                    checkWhole(scan, name, names.get(i + 1));
                } else {
                    cut = cutOf(scan, name);
                    visitor.end();
                    file.truncate(scan.position());
                    file.sync(); // What a killed process wrote without a sync is made as safe as the rest.
                }
                bytes += scan.position();
            }
        }
        replaying.end();
        return new End(nextLsn - 1, bytes, cut);
    }

    private long sizeOf(List<String> names) throws IOException {
        long sum = 0;
        for (String name : names) {
            try (Storage.File file = storage.open(name)) {
                sum += file.size();
            }
        }
        return sum;
    }

    /// A segment that has a successor was synced as a whole before.
    private static void checkWhole(SegmentScan scan, String name, String successor) throws DamagedLogException {
        if (scan.nextLsn() != SegmentFormat.firstLsn(successor) || !scan.isZeroFrom(scan.position())) {
            throw damaged(scan, name);
        }
    }

    /// What has to be cut off the last segment, or null; throws when it had been promised to be safe.
    private static @Nullable Cut cutOf(SegmentScan scan, String name) throws DamagedLogException {
        if (scan.isZeroFrom(scan.position())) {
            return null;
        }
        if (scan.hasWitness()) {
            throw damaged(scan, name);
        }
        long end = scan.bytes();
        return new Cut(name, scan.position(), end - scan.position());
    }

    private static DamagedLogException damaged(SegmentScan scan, String name) {
        return new DamagedLogException(
                name, scan.position(), "record " + scan.nextLsn() + " had been synced and is not whole any more");
    }
}
