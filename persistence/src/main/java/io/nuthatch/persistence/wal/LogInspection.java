package io.nuthatch.persistence.wal;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What the files of a log hold, found without changing a byte of them.
///
/// It calls damaged what [SegmentedLog] refuses, at the same file and byte, and goes on where that ends:
/// behind each damage it looks for the next good record, so that it can say what is left and what is not.
///
/// @param segments the files, oldest first
/// @param stretches good records, in the order of the files; two that follow each other have something
/// missing between them, or are in two files
/// @param damages in the order of the files; empty when the server would start
/// @param torn what a crash left at the end, which the next start cuts off; null for a clean end
public record LogInspection(
        List<Segment> segments,
        List<Stretch> stretches,
        List<Damage> damages,
        @Nullable Torn torn) {
    /// One file.
    ///
    /// @param firstLsn of its first record, by its name
    /// @param hasHeader whether its first bytes are those of a segment
    public record Segment(String name, long bytes, long firstLsn, boolean hasHeader) {}

    /// Good records of one file, one behind the other.
    ///
    /// @param offset of the first one, in bytes
    /// @param end behind the last one, in bytes
    /// @param firstSeconds Unix time when the first one was written
    /// @param lastSeconds Unix time when the last one was written
    public record Stretch(
            String file, long offset, long end, long firstLsn, long lastLsn, long firstSeconds, long lastSeconds) {
        public long records() {
            return lastLsn - firstLsn + 1;
        }

        /// Gives its records from `from` to `to` to `visitor`, but for those without payload; `scan` stands
        /// in front of the first one.
        public void visit(Replaying.Records scan, long from, long to, LogFiles.Visitor visitor) throws IOException {
            for (long lsn = firstLsn; lsn <= to; lsn++) {
                long record = scan.next();
                if (record == 0) {
                    throw new IOException(file + " changes while it is read");
                }
                int bytes = SegmentFormat.payloadBytes(record);
                if (lsn >= from && bytes > 0) {
                    visitor.record(lsn, record + SegmentFormat.RECORD_HEADER_BYTES, bytes);
                }
            }
        }
    }

    /// Something that had been promised to be safe is not there.
    ///
    /// @param offset in bytes
    /// @param firstLsn the first record that is missing
    public record Damage(String file, long offset, long firstLsn, String what) {}

    /// Bytes behind the last good record, of which no client was told that they are safe.
    public record Torn(String file, long offset, long bytes) {}

    /// What would have been found without the files whose first record is `lsn` or a later one.
    public LogInspection before(long lsn) {
        Set<String> left = segments.stream()
                .filter(segment -> segment.firstLsn() < lsn)
                .map(Segment::name)
                .collect(Collectors.toSet());
        return new LogInspection(
                segments.stream().filter(each -> left.contains(each.name())).toList(),
                stretches.stream().filter(each -> left.contains(each.file())).toList(),
                damages.stream().filter(each -> left.contains(each.file())).toList(),
                torn != null && left.contains(torn.file()) ? torn : null);
    }

    /// Reads every segment, one at a time; `counter` counts its memory. Throws when one is of another
    /// version.
    public static LogInspection of(Storage storage, MemoryAccount.Counter counter) throws IOException {
        Inspector inspector = new Inspector();
        List<String> names = SegmentFormat.segments(storage);
        for (int i = 0; i < names.size(); i++) {
            String successor = i + 1 < names.size() ? names.get(i + 1) : null;
            try (Storage.File file = storage.open(names.get(i));
                    SegmentScan scan = new SegmentScan(file, counter)) {
                if (scan.otherVersion() > 0) {
                    throw SegmentFormat.refused(names.get(i), scan.otherVersion());
                }
                inspector.inspect(names.get(i), scan, successor);
            }
        }
        return new LogInspection(
                List.copyOf(inspector.segments),
                List.copyOf(inspector.stretches),
                List.copyOf(inspector.damages),
                inspector.torn);
    }

    /// The damages that matter to a start which needs no record up to `coveredLsn`: it does not look at files
    /// that hold no others.
    public List<Damage> damagesBehind(long coveredLsn) {
        String first = "";
        for (Segment segment : segments) {
            first = segment.firstLsn <= coveredLsn + 1 ? segment.name : first;
        }
        String needed = first;
        return damages.stream()
                .filter(damage -> damage.file.compareTo(needed) >= 0)
                .toList();
    }

    /// The LSN of the oldest record that is expected, 0 for a log without a file.
    public long firstLsn() {
        return segments.isEmpty() ? 0 : segments.getFirst().firstLsn;
    }

    /// The highest LSN of a good record, 0 for none.
    public long lastLsn() {
        return stretches.isEmpty() ? 0 : stretches.getLast().lastLsn;
    }

    public long bytes() {
        return segments.stream().mapToLong(Segment::bytes).sum();
    }

    /// Good records.
    public long records() {
        return stretches.stream().mapToLong(Stretch::records).sum();
    }

    /// How far a replay comes that needs every record from `from` on: the LSN of the last record in front of
    /// the first one that is missing, `from - 1` when already that one is.
    public long reachFrom(long from) {
        long next = from;
        for (Stretch stretch : stretches) {
            if (stretch.firstLsn <= next && next <= stretch.lastLsn) {
                next = stretch.lastLsn + 1;
            }
        }
        return next - 1;
    }

    /// The oldest record from which on all are there up to `lsn`; `lsn` itself when it is not there.
    long runStart(long lsn) {
        long start = 0;
        long next = 0;
        for (Stretch stretch : stretches) {
            start = stretch.firstLsn == next ? start : stretch.firstLsn;
            next = stretch.lastLsn + 1;
            if (start <= lsn && lsn < next) {
                return start;
            }
        }
        return lsn;
    }

    /// Gives all good records from `from` to `to` to `visitor`; this is what was found in `log`.
    public void read(MendableLog log, long from, long to, LogFiles.Visitor visitor) throws IOException {
        for (Stretch stretch : stretches) {
            if (stretch.lastLsn >= from && stretch.firstLsn <= to) {
                log.read(stretch, Math.max(from, stretch.firstLsn), Math.min(to, stretch.lastLsn), visitor);
            }
        }
    }

    /// Collects what is found, segment by segment.
    private static final class Inspector {
        private final List<Segment> segments = new ArrayList<>();
        private final List<Stretch> stretches = new ArrayList<>();
        private final List<Damage> damages = new ArrayList<>();
        private @Nullable Torn torn;

        void inspect(String name, SegmentScan scan, @Nullable String successor) {
            segments.add(new Segment(name, scan.bytes(), scan.nextLsn(), scan.hasHeader()));
            if (!scan.hasHeader()) {
                if (successor == null && scan.isZeroFrom(SegmentFormat.HEADER_BYTES)) {
                    return; // Begun, and not finished: no record was ever in it.
                }
                damages.add(new Damage(name, 0, scan.nextLsn(), "this is no header of a segment"));
            }
            takeStretch(name, scan);
            while (!isEnd(name, scan, successor)) {
                takeStretch(name, scan);
            }
        }

        private void takeStretch(String name, SegmentScan scan) {
            long offset = scan.position();
            long firstLsn = scan.nextLsn();
            long firstSeconds = 0;
            long lastSeconds = 0;
            for (long record = scan.next(); record != 0; record = scan.next()) {
                lastSeconds = SegmentFormat.seconds(record);
                firstSeconds = firstSeconds == 0 ? lastSeconds : firstSeconds;
            }
            if (scan.nextLsn() > firstLsn) {
                stretches.add(new Stretch(
                        name, offset, scan.position(), firstLsn, scan.nextLsn() - 1, firstSeconds, lastSeconds));
            }
        }

        /// Whether nothing more can be read from the segment; otherwise the scan stands at a good record.
        private boolean isEnd(String name, SegmentScan scan, @Nullable String successor) {
            long offset = scan.position();
            long missing = scan.nextLsn();
            boolean isZero = scan.isZeroFrom(offset);
            if (successor == null) {
                if (isZero) {
                    return true;
                }
                if (!scan.hasWitness()) {
                    torn = new Torn(name, offset, scan.bytes() - offset);
                    return true;
                }
            } else if (isZero && missing == SegmentFormat.firstLsn(successor)) {
                return true;
            } else if (isZero) {
                long last = SegmentFormat.firstLsn(successor) - 1;
                damages.add(new Damage(
                        name,
                        offset,
                        missing,
                        "records " + missing + " to " + last + " are missing: a file was removed, or this one cut"));
                return true;
            }
            damages.add(new Damage(
                    name, offset, missing, "record " + missing + " had been synced and is not whole any more"));
            return !scan.skipDamage();
        }
    }
}
