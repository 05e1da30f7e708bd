package io.nuthatch.persistence.wal;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/// Segments as a backup takes them.
public final class SegmentCopy implements LogCopy {
    private final Storage storage;
    private final MemoryAccount.Counter counter;

    /// `counter` counts the memory of one segment at a time.
    public SegmentCopy(Storage storage, MemoryAccount.Counter counter) {
        this.storage = storage;
        this.counter = counter;
    }

    @Override
    public List<Piece> pieces() throws IOException {
        List<String> names = SegmentFormat.segments(storage);
        return IntStream.range(0, names.size())
                .mapToObj(i -> new Piece(
                        List.of(names.get(i)),
                        SegmentFormat.firstLsn(names.get(i)),
                        i + 1 < names.size() ? SegmentFormat.firstLsn(names.get(i + 1)) - 1 : Long.MAX_VALUE))
                .toList();
    }

    @Override
    public Beginning beginning(Piece piece, long lastLsn, long lastSeconds) throws IOException {
        String name = piece.files().getFirst();
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

    @Override
    public boolean isLinkable() {
        return true;
    }

    @Override
    public void cut(Piece piece, Beginning beginning) throws IOException {
        try (Storage.File file = storage.open(piece.files().getFirst())) {
            file.truncate(beginning.bytes());
            file.sync();
        }
    }

    @Override
    public void remove(Piece piece) throws IOException {
        storage.delete(piece.files().getFirst());
    }
}
