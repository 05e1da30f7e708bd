package io.nuthatch.persistence.backup;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.wal.LogCopy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// Brings a backup back as the data folder of a server, as it was after a record or at a time.
///
/// Every file is compared with the checksum that the backup has of it while it is copied. One thread.
public final class Restore {
    private final BackupStore store;
    private final BackupManifest manifest;
    private final PacedInput.Pace pace;
    private final MemoryAccount.Counter counter;

    /// Throws when there is no whole backup.
    public Restore(BackupStore store, BackupProgress progress, NanoClock clock, MemoryAccount.Counter counter)
            throws IOException {
        this.store = store;
        this.manifest = BackupManifest.read(store);
        this.pace = new PacedInput.Pace(0, clock, progress);
        this.counter = counter;
        progress.setTotalBytes(manifest.bytes());
    }

    public BackupManifest manifest() {
        return manifest;
    }

    /// Restores to `folder`, into its folders `checkpoints` and `log`, neither of which holds anything yet.
    /// What was written by records behind `toLsn`, or after `toSeconds` (Unix time), is left out; both may be
    /// [Long#MAX_VALUE]. Returns the last record that is there.
    ///
    /// Throws when the checkpoint in the backup holds more than that already.
    public long to(Path folder, String checkpoints, String log, long toLsn, long toSeconds) throws IOException {
        if (toLsn != Long.MAX_VALUE && (toLsn < manifest.firstLsn() || toLsn > manifest.lastLsn())) {
            throw new IOException("record " + toLsn + " is not in reach: " + store + " goes from record "
                    + manifest.firstLsn() + " to " + manifest.lastLsn());
        }
        checkEmpty(folder.resolve(checkpoints));
        checkEmpty(folder.resolve(log));
        try {
            return copyAndCut(folder, checkpoints, log, toLsn, toSeconds);
        } catch (IOException failure) {
            for (String name : List.of(checkpoints, log)) {
                clear(folder.resolve(name)); // Half of it is worse than nothing.
            }
            throw failure;
        }
    }

    private static void clear(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    if (!file.equals(folder)) {
                        Files.delete(file);
                    }
                }
            }
        }
    }

    private long copyAndCut(Path folder, String checkpoints, String log, long toLsn, long toSeconds)
            throws IOException {
        Files.createDirectories(folder.resolve(checkpoints));
        for (BackupManifest.Entry entry : manifest.files()) {
            if (entry.name().startsWith(BackupManifest.LOG)) {
                copy(entry, folder.resolve(log).resolve(entry.name().substring(BackupManifest.LOG.length())));
            } else {
                copy(
                        entry,
                        folder.resolve(checkpoints)
                                .resolve(entry.name().substring(BackupManifest.CHECKPOINTS.length())));
            }
        }
        try (Storage written = FileStorage.open(folder.resolve(checkpoints))) {
            written.sync();
        }
        return manifest.hasLog() ? cut(folder.resolve(log), toLsn, toSeconds) : manifest.lastLsn();
    }

    private static void checkEmpty(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                if (files.anyMatch(file -> !file.endsWith("lock"))) {
                    throw new IOException(folder + " is not empty: restore to another folder");
                }
            }
        }
    }

    private void copy(BackupManifest.Entry entry, Path file) throws IOException {
        Path parent = Objects.requireNonNull(file.getParent());
        Files.createDirectories(parent);
        try (InputStream raw = store.read(entry.name());
                PacedInput in = new PacedInput(raw, pace)) {
            Files.copy(in, file);
            if (in.bytes() != entry.bytes() || in.crc() != entry.crc()) {
                throw new IOException(store + "/" + entry.name() + " is damaged: it is not what was backed up");
            }
        }
        try (FileChannel written = FileChannel.open(file, StandardOpenOption.WRITE)) {
            written.force(true);
        }
        FileStorage.view(parent).sync();
    }

    /// Ends the log behind the last record that is wanted.
    private long cut(Path folder, long toLsn, long toSeconds) throws IOException {
        try (Storage log = FileStorage.open(folder)) {
            LogCopy copy = LogFolder.of(folder, log, counter);
            long last = manifest.firstLsn();
            boolean isCut = false;
            for (LogCopy.Piece piece : copy.pieces()) {
                if (isCut) {
                    copy.remove(piece);
                    continue;
                }
                LogCopy.Beginning beginning = copy.beginning(piece, toLsn, toSeconds);
                last = beginning.lastLsn();
                isCut = last < Math.min(piece.lastLsn(), manifest.lastLsn());
                if (isCut) {
                    copy.cut(piece, beginning);
                }
            }
            log.sync();
            if (last < manifest.firstLsn()) {
                throw new IOException("that is too early: the checkpoint in " + store + " holds records up to "
                        + manifest.firstLsn() + ", and record " + (last + 1) + " was written later");
            }
            return last;
        }
    }
}
