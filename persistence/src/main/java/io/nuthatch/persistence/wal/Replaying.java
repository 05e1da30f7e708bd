package io.nuthatch.persistence.wal;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/// What a [LogFiles#replay] does whatever the log's files look like: which of them are needed, their records
/// given to the visitor, and how far it is.
///
/// Written by the one thread that replays; progress may be read from any.
public final class Replaying {
    /// The records of one file, front to back.
    public interface Records {
        /// Address of the next record, 0 where no whole one follows.
        long next() throws IOException;

        /// Where in the file the next record is expected.
        long position();
    }

    private volatile long totalBytes;
    private volatile long readBytes;

    /// Bytes to read; 0 until [#begin].
    public long totalBytes() {
        return totalBytes;
    }

    /// Bytes of them that were read.
    public long readBytes() {
        return readBytes;
    }

    /// There are so many bytes to read.
    public void begin(long bytes) {
        totalBytes = bytes;
    }

    /// All of them were.
    public void end() {
        readBytes = totalBytes;
    }

    /// The files from the one on that holds the first record behind `coveredLsn`, of `files` in their order.
    public static <F> List<F> needed(
            List<F> files, ToLongFunction<F> firstLsn, Function<F, String> name, long coveredLsn)
            throws DamagedLogException {
        for (int i = files.size() - 1; i >= 0; i--) {
            if (firstLsn.applyAsLong(files.get(i)) <= coveredLsn + 1) {
                return files.subList(i, files.size());
            }
        }
        if (!files.isEmpty()) {
            throw missing(name.apply(files.getFirst()), firstLsn.applyAsLong(files.getFirst()));
        }
        return files;
    }

    /// What stood in front of the file `name`, whose first record is `firstLsn`, is not there.
    public static DamagedLogException missing(String name, long firstLsn) {
        return new DamagedLogException(name, 0, "the log up to record " + (firstLsn - 1) + " is missing");
    }

    /// Gives the records of a file that are newer than `coveredLsn`; those without a payload are nobody's.
    public void visitAll(Records records, long coveredLsn, LogFiles.Visitor visitor) throws IOException {
        long before = readBytes;
        for (long record = records.next(); record != 0; record = records.next()) {
            int bytes = SegmentFormat.payloadBytes(record);
            if (bytes > 0 && SegmentFormat.lsn(record) > coveredLsn) {
                visitor.record(SegmentFormat.lsn(record), record + SegmentFormat.RECORD_HEADER_BYTES, bytes);
            }
            readBytes = before + records.position();
        }
    }
}
