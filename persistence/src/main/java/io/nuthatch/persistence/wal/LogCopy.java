package io.nuthatch.persistence.wal;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/// The files of a log as a backup takes them, and the beginning of one that is being written. Nothing is
/// changed, and whoever writes the log may go on.
public final class LogCopy {
    /// A file.
    ///
    /// @param lastLsn of its last record when another file follows; [Long#MAX_VALUE] for the newest, to which
    /// records may be added
    public record Piece(String name, long firstLsn, long lastLsn) {
        /// Whether nothing is added to it any more.
        public boolean isClosed() {
            return lastLsn != Long.MAX_VALUE;
        }
    }

    /// The good records of a file up to an LSN.
    ///
    /// @param bytes how long the file is with them
    /// @param lastLsn of the last one; one less than the file's first when there is none
    public record Beginning(long bytes, long lastLsn) {}

    private LogCopy() {}

    /// The files, oldest first.
    public static List<Piece> pieces(Storage storage) throws IOException {
        List<String> names = SegmentFormat.segments(storage);
        return IntStream.range(0, names.size())
                .mapToObj(i -> new Piece(
                        names.get(i),
                        SegmentFormat.firstLsn(names.get(i)),
                        i + 1 < names.size() ? SegmentFormat.firstLsn(names.get(i + 1)) - 1 : Long.MAX_VALUE))
                .toList();
    }

    /// Looks how far the file is good, but for records behind `lastLsn` or written after `lastSeconds` (Unix
    /// time), and all that stand behind the first one of these.
    public static Beginning beginning(
            Storage storage, String name, long lastLsn, long lastSeconds, MemoryAccount.Counter counter)
            throws IOException {
        try (Storage.File file = storage.open(name);
                SegmentScan scan = new SegmentScan(file, counter)) {
            if (!scan.hasHeader()) {
                throw new DamagedLogException(name, 0, "this is no header of a segment");
            }
            long bytes = scan.position();
            for (long record = scan.next();
                    record != 0 && SegmentFormat.lsn(record) <= lastLsn && SegmentFormat.seconds(record) <= lastSeconds;
                    record = scan.next()) {
                bytes = scan.position();
            }
            long behind = bytes == scan.position() ? scan.nextLsn() : scan.nextLsn() - 1;
            return new Beginning(bytes, behind - 1);
        }
    }
}
