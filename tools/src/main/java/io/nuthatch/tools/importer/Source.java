package io.nuthatch.tools.importer;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/// A file as a sequence of items, each of which becomes commands: a key of an RDB file, a command or a
/// transaction of a command file, a row, a vector.
///
/// Not thread-safe.
interface Source extends Closeable {
    /// Reads the next item and writes its commands; false at the end of the file.
    ///
    /// @throws BadItemException when this item cannot be read but the next one can
    /// @throws MalformedFileException when nothing behind this place can be read
    boolean next(CommandSink sink) throws IOException, BadItemException;

    /// Passes up to `items` items without a command.
    default void skip(long items) throws IOException {
        for (long i = 0; i < items; i++) {
            try {
                if (!next(CommandSink.NOWHERE)) {
                    return;
                }
            } catch (BadItemException alreadyReported) {
                // It was counted when it was met first.
            }
        }
    }

    /// Bytes read so far, for the progress bar.
    long position();

    /// Bytes of the file, or -1 when nobody knows.
    long size();

    /// What was left out on purpose, in words, for the end of the import.
    default List<String> notes() {
        return List.of();
    }

    /// A place in words: `line 12`, `offset 4711`.
    String describe(long place);
}
