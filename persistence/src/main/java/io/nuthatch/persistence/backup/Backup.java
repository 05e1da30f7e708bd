package io.nuthatch.persistence.backup;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Takes a backup of a server that goes on.
///
/// Each file is linked or copied, and when all are there each is read again and compared with what was read
/// at the source. Only then is the manifest written, without which nobody takes it for a backup. One that was
/// interrupted goes on when it is begun again with the same place: what is there already, with the bytes that
/// the source has now, is not copied again.
///
/// One thread; progress may be read, and the backup cancelled, by any.
public final class Backup {
    private final BackupStore store;
    private final BackupProgress progress;
    private final PacedInput.Pace pace;
    private final MemoryAccount.Counter counter;
    private final Set<String> compared = new HashSet<>(); // Names that were read again already.

    /// `bytesPerSecond`: of reading the source and of reading again, 0 for as fast as it goes.
    public Backup(
            BackupStore store,
            BackupProgress progress,
            long bytesPerSecond,
            NanoClock clock,
            MemoryAccount.Counter counter) {
        this.store = store;
        this.progress = progress;
        this.pace = new PacedInput.Pace(bytesPerSecond, clock, progress);
        this.counter = counter;
    }

    /// Takes it from the folders `checkpoints` and `log`, null where there is none, up to the record
    /// `lastLsn`, which is safe on the disk. Throws when the place holds a whole backup.
    public BackupManifest take(@Nullable Path checkpoints, @Nullable Path log, long lastLsn, long nowMillis)
            throws IOException {
        Map<String, Long> there = store.list();
        if (there.containsKey(BackupManifest.NAME)) {
            throw new IOException(store + " holds a backup already: name another place");
        }
        try (BackupSource source = BackupSource.open(checkpoints, log, lastLsn, counter)) {
            progress.setTotalBytes(2 * source.bytes());
            List<BackupManifest.Entry> entries = new ArrayList<>();
            for (BackupSource.Taken file : source.files()) {
                entries.add(keep(file, there.get(file.name())));
            }
            store.clearDrafts();
            for (BackupManifest.Entry entry : entries) {
                if (!compared.contains(entry.name()) && crcOf(entry.name(), entry.bytes()) != entry.crc()) {
                    throw new IOException(store + "/" + entry.name() + " is not what was written there");
                }
            }
            BackupManifest manifest =
                    new BackupManifest(nowMillis, source.firstLsn(), source.lastLsn(), List.copyOf(entries));
            manifest.write(store);
            return manifest;
        }
    }

    private BackupManifest.Entry keep(BackupSource.Taken file, @Nullable Long bytesThere) throws IOException {
        boolean isThere = bytesThere != null && bytesThere == file.bytes();
        if (isThere || file.isFinal() && file.isStillThere() && store.link(file.path(), file.name())) {
            int crc = sourceCrc(file);
            if (!isThere) {
                return new BackupManifest.Entry(file.name(), file.bytes(), crc);
            }
            if (crcOf(file.name(), file.bytes()) == crc) {
                compared.add(file.name());
                return new BackupManifest.Entry(file.name(), file.bytes(), crc);
            }
        }
        PacedInput in = new PacedInput(new FirstBytes(file.read(), file.bytes()), pace);
        store.write(file.name(), in, file.bytes());
        return new BackupManifest.Entry(file.name(), file.bytes(), in.crc());
    }

    private int sourceCrc(BackupSource.Taken file) throws IOException {
        PacedInput in = new PacedInput(new FirstBytes(file.read(), file.bytes()), pace);
        in.transferTo(OutputStream.nullOutputStream());
        return in.crc();
    }

    private int crcOf(String name, long bytes) throws IOException {
        try (InputStream raw = store.read(name);
                PacedInput in = new PacedInput(raw, pace)) {
            in.transferTo(OutputStream.nullOutputStream());
            if (in.bytes() != bytes) {
                throw new IOException(store + "/" + name + " has " + in.bytes() + " bytes, expected " + bytes);
            }
            return in.crc();
        }
    }
}
