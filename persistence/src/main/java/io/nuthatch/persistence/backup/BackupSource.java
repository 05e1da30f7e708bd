package io.nuthatch.persistence.backup;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.checkpoint.CheckpointInspection;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.wal.LogCopy;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a backup takes of a server that goes on: one checkpoint, and the log from where it needs it.
///
/// The server may cut its log and clear checkpoints away meanwhile: all files are open from the beginning, so
/// that their bytes stay until this is closed, whatever becomes of their names.
///
/// One thread.
final class BackupSource implements Closeable {
    private static final int MAX_TRIES = 20;

    /// One open file.
    ///
    /// @param name as the backup has it
    /// @param bytes how many of its first bytes are taken
    /// @param isFinal whether its bytes never change any more, so that a link to it is as good as a copy
    record Taken(String name, Path path, FileChannel channel, long bytes, boolean isFinal) {
        /// Its bytes from the first on. Closing it leaves the file open.
        InputStream read() throws IOException {
            channel.position(0);
            return Channels.newInputStream(channel);
        }

        /// Whether `path` still is this file: it may have gone.
        boolean isStillThere() {
            return Files.exists(path);
        }
    }

    private final List<Taken> files = new ArrayList<>();
    private long firstLsn;
    private long lastLsn;

    private BackupSource() {}

    /// Opens everything. `checkpoints` and `log` are folders, null where there is none; `lastLsn` is the last
    /// record that is to be in the backup, which is safe on the disk.
    static BackupSource open(
            @Nullable Path checkpoints, @Nullable Path log, long lastLsn, MemoryAccount.Counter counter)
            throws IOException {
        for (int tries = 1; ; tries++) {
            BackupSource source = new BackupSource();
            try {
                source.openAll(checkpoints, log, lastLsn, counter);
                return source;
            } catch (NoSuchFileException cleared) {
                source.close(); // A newer checkpoint has just taken this one's place.
                if (tries == MAX_TRIES) {
                    throw cleared;
                }
            } catch (IOException | RuntimeException failure) {
                source.close();
                throw failure;
            }
        }
    }

    private void openAll(@Nullable Path checkpoints, @Nullable Path log, long endLsn, MemoryAccount.Counter counter)
            throws IOException {
        long covered = 0;
        if (checkpoints != null && Files.isDirectory(checkpoints)) {
            CheckpointInspection newest = CheckpointInspection.newest(FileStorage.view(checkpoints), counter);
            CheckpointInspection.Summary summary = newest == null ? null : newest.summary();
            if (newest != null && summary != null) {
                for (String name : newest.names()) {
                    take(BackupManifest.CHECKPOINTS + name, checkpoints.resolve(name), -1, true);
                }
                covered = summary.coveredLsn();
                firstLsn = summary.highestLsn();
            }
        }
        lastLsn = firstLsn;
        if (log != null) {
            takeLog(log, covered, endLsn, counter);
        }
        if (files.isEmpty()) {
            throw new IOException("there is nothing to back up: neither a checkpoint nor a log");
        }
    }

    private void takeLog(Path log, long covered, long endLsn, MemoryAccount.Counter counter) throws IOException {
        LogCopy copy = LogFolder.view(log, counter);
        List<LogCopy.Piece> pieces = copy.pieces();
        if (!pieces.isEmpty() && pieces.getFirst().firstLsn() > covered + 1) {
            throw new NoSuchFileException(log.toString(), null, "the log was cut behind a newer checkpoint");
        }
        for (LogCopy.Piece piece : pieces) {
            if (piece.firstLsn() > endLsn) {
                continue;
            }
            boolean isWhole = piece.lastLsn() <= endLsn;
            LogCopy.Beginning beginning = isWhole ? null : copy.beginning(piece, endLsn, Long.MAX_VALUE);
            long recordBytes = beginning == null ? -1 : beginning.bytes();
            for (String file : piece.files()) {
                take(
                        BackupManifest.LOG + file,
                        log.resolve(file),
                        file.equals(piece.files().getFirst()) ? recordBytes : -1,
                        isWhole && copy.isLinkable());
            }
            lastLsn = Math.max(lastLsn, beginning == null ? piece.lastLsn() : beginning.lastLsn());
        }
        if (lastLsn < endLsn) {
            throw new IOException(
                    "the log in " + log + " cannot be read up to record " + endLsn + ", only up to record " + lastLsn);
        }
    }

    /// `bytes`: -1 for all.
    private void take(String name, Path path, long bytes, boolean isFinal) throws IOException {
        FileChannel channel = FileChannel.open(path);
        files.add(new Taken(name, path, channel, bytes < 0 ? channel.size() : bytes, isFinal));
    }

    List<Taken> files() {
        return files;
    }

    long bytes() {
        return files.stream().mapToLong(Taken::bytes).sum();
    }

    /// The earliest record to which a restore can go.
    long firstLsn() {
        return firstLsn;
    }

    long lastLsn() {
        return lastLsn;
    }

    @Override
    public void close() throws IOException {
        for (Taken file : files) {
            file.channel.close();
        }
    }
}
