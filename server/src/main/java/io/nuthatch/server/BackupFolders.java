package io.nuthatch.server;

import io.nuthatch.commands.LogSwitch;
import io.nuthatch.commands.ServerState;
import io.nuthatch.engine.Journal;
import io.nuthatch.persistence.backup.BackupStores;
import io.nuthatch.persistence.backup.Backups;
import io.nuthatch.persistence.checkpoint.Saves;
import io.nuthatch.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Where the server keeps what a backup copies.
///
/// @param checkpoints null for a server that keeps its data in memory alone
record BackupFolders(@Nullable Path checkpoints, ServerConfig config, ServerState state, Saves saves)
        implements Backups.Server {
    @Override
    public @Nullable Path log() {
        return journal() == null
                ? null
                : Path.of(config.text("dir").get())
                        .resolve(config.text("appenddirname").get());
    }

    @Override
    public @Nullable Journal journal() {
        return state.durability().journal();
    }

    @Override
    public BackupStores.Settings settings() {
        return name -> config.text(name).get();
    }

    @Override
    public boolean save() throws IOException {
        LogSwitch change = state.durability().logSwitch();
        if (change != null && !change.isOver()) {
            throw new IOException("the log is being turned on or off: try again when CONFIG SET has answered");
        }
        return saves.saveNow();
    }
}
