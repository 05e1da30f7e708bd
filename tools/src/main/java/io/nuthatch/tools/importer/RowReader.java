package io.nuthatch.tools.importer;

import java.io.Closeable;
import java.io.IOException;

/// A file of rows. Not thread-safe.
interface RowReader extends Closeable {
    /// Reads the next row; false at the end.
    ///
    /// @throws BadItemException when this row cannot be read but the next one can
    boolean next(Row row) throws IOException, BadItemException;

    /// Passes up to `rows` rows.
    default void skip(long rows) throws IOException {
        Row passed = new Row();
        for (long i = 0; i < rows; i++) {
            try {
                if (!next(passed)) {
                    return;
                }
            } catch (BadItemException alreadyReported) {
                // It was counted when it was met first.
            }
        }
    }

    /// What places are counted in: `line` or `row`.
    String unit();

    /// The file.
    FileInput input();

    @Override
    default void close() throws IOException {
        input().close();
    }
}
