package io.nuthatch.persistence.chronicle;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.wal.DamagedLogException;
import io.nuthatch.persistence.wal.LogCopy;
import io.nuthatch.persistence.wal.SegmentFormat;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// Queues as a backup takes them: for each its cycle file and its table of contents, in any order.
///
/// Of the queue that is being written, the cycle file is copied up to a record, while Chronicle goes on
/// changing pages of its index and the table in front of that. A copy therefore has what a crash may leave, a
/// place of the writer that is ahead of the file, say, and a start reads it as it reads that: records by
/// their own CRC and LSN, and never appended to. No class of Chronicle is needed.
public final class QueueCopy implements LogCopy {
    private final Path log;
    private final MemoryAccount.Counter counter;

    /// The log in `log`; `counter` counts the memory of one queue at a time.
    public QueueCopy(Path log, MemoryAccount.Counter counter) {
        this.log = log;
        this.counter = counter;
    }

    @Override
    public List<Piece> pieces() throws IOException {
        List<Piece> pieces = new ArrayList<>();
        List<QueueFolder> queues = QueueFolder.list(log);
        for (int i = 0; i < queues.size(); i++) {
            QueueFolder queue = queues.get(i);
            pieces.add(new Piece(
                    List.of(queue.name(), queue.tableName()),
                    queue.firstLsn(),
                    i + 1 < queues.size() ? queues.get(i + 1).firstLsn() - 1 : Long.MAX_VALUE));
        }
        return pieces;
    }

    @Override
    public Beginning beginning(Piece piece, long lastLsn, long lastSeconds) throws IOException {
        try (CycleScan scan = new CycleScan(QueueFolder.of(log, piece.firstLsn()), counter)) {
            long bytes = scan.skipHeader();
            if (bytes == 0) {
                throw new DamagedLogException(piece.files().getFirst(), 0, "this is no queue of a log");
            }
            long last = piece.firstLsn() - 1;
            while (last < lastLsn) {
                long record = scan.next();
                if (record == 0 || SegmentFormat.seconds(record) > lastSeconds) {
                    break;
                }
                bytes = scan.position();
                last = SegmentFormat.lsn(record);
            }
            return new Beginning(bytes, last);
        }
    }

    /// A start makes cycle files longer for a while, and a server that is killed then leaves them so.
    @Override
    public boolean isLinkable() {
        return false;
    }

    @Override
    public void cut(Piece piece, Beginning beginning) throws IOException {
        QueueFolder queue = QueueFolder.of(log, piece.firstLsn());
        try (FileChannel file =
                FileChannel.open(queue.cycleFile(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            queue.endAt(file, beginning.bytes());
            Disk.REAL.sync(file, queue.cycleFile());
        }
    }

    @Override
    public void remove(Piece piece) throws IOException {
        QueueFolder.of(log, piece.firstLsn()).delete();
    }
}
