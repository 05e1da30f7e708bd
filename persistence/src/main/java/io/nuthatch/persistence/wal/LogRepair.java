package io.nuthatch.persistence.wal;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.persistence.disk.FileCopy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Makes a log readable from one record to another, and drops the rest of it.
///
/// Every file that is changed or removed is copied first, and the copies are made safe before anything is
/// touched: a repair that is interrupted can be done again. Records are never changed: of a file that is
/// damaged, the good ones are copied into a new one.
public final class LogRepair {
    private static final int FILL_BYTES = 1 << 20;

    private final Storage storage;
    private final LogInspection found;
    private final MemoryAccount.Counter counter;

    /// `found` is what was just found in `storage`.
    public LogRepair(Storage storage, LogInspection found, MemoryAccount.Counter counter) {
        this.storage = storage;
        this.found = found;
        this.counter = counter;
    }

    /// What becomes of one file.
    private enum Fate {
        REMOVE,
        /// Removed, and its good records written to a new one: never cut where it is, as a backup may share
        /// its bytes through a hard link.
        REWRITE
    }

    private record Step(LogInspection.Segment segment, Fate fate, LogInspection.@Nullable Stretch kept) {}

    /// Keeps the records from `from`, and those before it as far as none is missing, up to `to` =
    /// [LogInspection#reachFrom]; what is behind goes. Where `to` is lower than `resumeAfter`, records that
    /// change nothing fill the log up to that LSN, so that the next one gets a higher one. Copies of touched
    /// files go to `copies`, an empty folder. Returns the names of the files that were touched.
    public List<String> keep(long from, long to, long resumeAfter, Storage copies, long epochSeconds)
            throws IOException {
        List<Step> steps = plan(found.runStart(from), to);
        for (Step step : steps) {
            FileCopy.copy(storage, step.segment.name(), copies, step.segment.name(), counter);
        }
        copies.sync();
        List<String> touched = new ArrayList<>();
        for (Step step : steps) {
            apply(step);
            touched.add(step.segment.name());
        }
        if (resumeAfter > to) {
            fill(to + 1, resumeAfter, epochSeconds);
        }
        storage.sync();
        return touched;
    }

    private List<Step> plan(long from, long to) {
        List<Step> steps = new ArrayList<>();
        for (LogInspection.Segment segment : found.segments()) {
            LogInspection.Stretch kept = null;
            LogInspection.Stretch last = null;
            for (LogInspection.Stretch stretch : found.stretches()) {
                if (stretch.file().equals(segment.name())) {
                    last = stretch;
                    // One file cannot hold two of them: there would be something missing in between.
                    if (isKept(stretch, from, to)) {
                        kept = stretch;
                    }
                }
            }
            if (kept == null) {
                steps.add(new Step(segment, Fate.REMOVE, null));
            } else if (!segment.hasHeader()
                    || kept.offset() != SegmentFormat.HEADER_BYTES
                    || kept != last
                    || isFollowedByDamage(kept)) {
                steps.add(new Step(segment, Fate.REWRITE, kept));
            }
        }
        return steps;
    }

    /// Whether a replay from `from` to `to` reads it.
    private static boolean isKept(LogInspection.Stretch stretch, long from, long to) {
        return stretch.firstLsn() <= to && stretch.lastLsn() >= from;
    }

    private boolean isFollowedByDamage(LogInspection.Stretch stretch) {
        LogInspection.Torn torn = found.torn();
        return torn != null && torn.file().equals(stretch.file())
                || found.damages().stream()
                        .anyMatch(damage -> damage.file().equals(stretch.file()) && damage.offset() == stretch.end());
    }

    private void apply(Step step) throws IOException {
        String name = step.segment.name();
        LogInspection.Stretch kept = step.kept;
        switch (step.fate) {
            case REMOVE -> storage.delete(name);
            case REWRITE -> rewrite(name, Objects.requireNonNull(kept));
        }
    }

    private void rewrite(String name, LogInspection.Stretch kept) throws IOException {
        String draft = SegmentFormat.name(kept.firstLsn()) + ".tmp";
        FileCopy.deleteIfThere(storage, draft);
        try (Storage.File file = storage.open(name);
                SegmentScan scan = new SegmentScan(file, counter);
                Storage.File written = storage.create(draft)) {
            writeHeader(written, kept.firstLsn(), kept.firstSeconds());
            written.write(SegmentFormat.HEADER_BYTES, scan.slice(kept.offset(), kept.end()));
            written.sync();
        }
        storage.rename(draft, SegmentFormat.name(kept.firstLsn()));
        storage.sync();
        if (!name.equals(SegmentFormat.name(kept.firstLsn()))) {
            storage.delete(name);
        }
    }

    private void writeHeader(Storage.File file, long firstLsn, long epochSeconds) throws IOException {
        long header = OffHeap.allocate(SegmentFormat.HEADER_BYTES, counter);
        try {
            SegmentFormat.writeHeader(header, firstLsn, epochSeconds);
            file.write(0, Memory.ALL.asSlice(header, SegmentFormat.HEADER_BYTES));
        } finally {
            OffHeap.free(header, SegmentFormat.HEADER_BYTES, counter);
        }
    }

    /// A file of records without payload.
    private void fill(long firstLsn, long lastLsn, long epochSeconds) throws IOException {
        String name = SegmentFormat.name(firstLsn);
        FileCopy.deleteIfThere(storage, name);
        try (Storage.File file = storage.create(name);
                AppendBuffer buffer = new AppendBuffer(counter)) {
            writeHeader(file, firstLsn, epochSeconds);
            long offset = SegmentFormat.HEADER_BYTES;
            for (long lsn = firstLsn; lsn <= lastLsn; lsn++) {
                buffer.add(lsn, 0, 0);
                if (buffer.bytes() >= FILL_BYTES || lsn == lastLsn) {
                    buffer.seal(firstLsn - 1, epochSeconds);
                    file.write(offset, buffer.slice(0, buffer.bytes()));
                    offset += buffer.bytes();
                    buffer.clear();
                }
            }
            file.sync();
        }
    }
}
