package io.nuthatch.server;

import io.nuthatch.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `pidfile`: holds the process id from [#write] to [#close]. One that cannot be written is logged, as in
/// Redis, and stops nothing.
final class PidFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PidFile.class);

    private final @Nullable Path path;

    private PidFile(@Nullable Path path) {
        this.path = path;
    }

    /// Writes the file when the settings name one.
    static PidFile write(ServerConfig config) {
        String name = config.text("pidfile").get();
        if (name.isEmpty()) {
            return new PidFile(null);
        }
        Path path = Path.of(config.text("dir").get()).resolve(name);
        try {
            Files.writeString(path, ProcessHandle.current().pid() + "\n");
        } catch (IOException e) {
            LOG.warn("cannot write pidfile {}: {}", path, e.toString());
            return new PidFile(null);
        }
        return new PidFile(path);
    }

    @Override
    public void close() {
        try {
            if (path != null) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            LOG.warn("cannot remove pidfile {}: {}", path, e.toString());
        }
    }
}
