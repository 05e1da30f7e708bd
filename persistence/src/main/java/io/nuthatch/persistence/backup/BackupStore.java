package io.nuthatch.persistence.backup;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;

/// Where a backup is kept: a folder, or something that takes objects by name. One thread.
///
/// Names are those of [BackupManifest]. A name is there with all of its bytes or not at all.
public interface BackupStore extends Closeable {
    /// Names that are there and their bytes; empty for a place where nothing was ever kept.
    Map<String, Long> list() throws IOException;

    /// Keeps a file that nobody changes any more under `name` without copying it; false where that cannot be
    /// done.
    boolean link(Path file, String name) throws IOException;

    /// Keeps `bytes` bytes of `in` under `name`, safely; what had that name is replaced.
    void write(String name, InputStream in, long bytes) throws IOException;

    /// Removes what writes left behind that did not come to their end.
    void clearDrafts() throws IOException;

    /// What is kept under `name`.
    InputStream read(String name) throws IOException;

    /// What people call the place.
    @Override
    String toString();
}
