package io.nuthatch.persistence.wal;

import java.io.IOException;
import java.util.List;

/// The files of a log as a backup takes them and a restore ends them, whatever they look like. To look
/// changes nothing, and whoever writes the log may go on. One thread.
public interface LogCopy {
    /// Records that go together.
    ///
    /// @param files by their names in the log's folder; the first one has the records, and is what a
    /// [Beginning] is of
    /// @param lastLsn of its last record when another piece follows; [Long#MAX_VALUE] for the newest, to
    /// which records may be added
    record Piece(List<String> files, long firstLsn, long lastLsn) {}

    /// The good records of a piece up to an LSN.
    ///
    /// @param bytes how long the file with the records is with them alone
    /// @param lastLsn of the last one; one less than the piece's first when there is none
    record Beginning(long bytes, long lastLsn) {}

    /// The pieces, oldest first.
    List<Piece> pieces() throws IOException;

    /// Looks how far the piece is good, but for records behind `lastLsn` or written after `lastSeconds` (Unix
    /// time), and all that stand behind the first one of these.
    Beginning beginning(Piece piece, long lastLsn, long lastSeconds) throws IOException;

    /// Whether nothing ever writes to the files of a piece again that another one follows, so that a hard
    /// link to them is as good as a copy.
    boolean isLinkable();

    /// Ends a piece behind its beginning.
    void cut(Piece piece, Beginning beginning) throws IOException;

    /// Removes a piece.
    void remove(Piece piece) throws IOException;
}
