package io.nuthatch.persistence.check;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import io.nuthatch.persistence.checkpoint.CheckpointInspection;
import io.nuthatch.persistence.checkpoint.CheckpointRepair;
import io.nuthatch.persistence.chronicle.ChronicleLog;
import io.nuthatch.persistence.chronicle.MendableQueues;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.recovery.LogBeginning;
import io.nuthatch.persistence.wal.LogInspection;
import io.nuthatch.persistence.wal.LogRepair;
import io.nuthatch.persistence.wal.MendableLog;
import io.nuthatch.persistence.wal.MendableSegments;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The data folder of a server that does not run: what is in it, and a repair of what is damaged.
///
/// Holds the locks of both folders, so that no server starts meanwhile. One thread.
public final class FolderCheck implements AutoCloseable {
    private static final String LOST_KEYS = "lost-keys.txt";

    /// What a repair did.
    ///
    /// @param copies the folder with a copy of every file that was touched, as it was
    /// @param touched those files, as `folder/name`
    /// @param lostRecords records of those that are lost that could be read
    /// @param lostKeys what they were about, in the order of the records
    public record Repaired(
            RepairPlan plan, Path copies, List<String> touched, long lostRecords, List<String> lostKeys) {}

    private final Path folder;
    private final String logName;
    private final String checkpointsName;
    private final EpochClock clock;
    private final MemoryAccount account = new MemoryAccount();
    private final MemoryAccount.Counter counter = account.counter("check", "buffers");
    private final @Nullable MendableLog log;
    private final @Nullable Storage logFolder; // Whose lock is held.
    private final @Nullable Storage checkpoints;

    /// Opens the folders `logName` and `checkpointsName` in `folder`, as far as they are there; throws when a
    /// server uses one of them, or when neither is there.
    public FolderCheck(Path folder, String logName, String checkpointsName, EpochClock clock) throws IOException {
        this.folder = folder;
        this.logName = logName;
        this.checkpointsName = checkpointsName;
        this.clock = clock;
        this.logFolder = openIfThere(folder.resolve(logName));
        try {
            this.checkpoints = openIfThere(folder.resolve(checkpointsName));
            this.log = logFolder == null ? null : mendable(logFolder);
        } catch (IOException failure) {
            close();
            throw failure;
        }
        if (logFolder == null && checkpoints == null) {
            throw new NoSuchFileException(
                    folder.toString(), null, "has neither a folder " + logName + " nor a folder " + checkpointsName);
        }
    }

    private MendableLog mendable(Storage opened) throws IOException {
        Path path = folder.resolve(logName);
        return ChronicleLog.isIn(path) ? new MendableQueues(path, counter) : new MendableSegments(opened, counter);
    }

    private static @Nullable Storage openIfThere(Path folder) throws IOException {
        return Files.isDirectory(folder) ? FileStorage.open(folder) : null;
    }

    /// Reads everything. Nothing is changed.
    public Findings verify() throws IOException {
        Findings found = new Findings(
                log == null ? null : log.inspect(),
                checkpoints == null ? List.of() : CheckpointInspection.of(checkpoints, counter),
                0);
        LogInspection whole = found.log();
        long marked = logFolder == null ? 0 : new LogBeginning(logFolder).markedLsn();
        if (whole == null || marked == 0 || found.isCovered(marked)) {
            return found;
        }
        return new Findings(whole.before(marked), found.checkpoints(), marked);
    }

    /// What is wrong with what was found; empty when a server starts on it.
    public List<Findings.Damage> damages(Findings findings) {
        return findings.damages(logName, checkpointsName);
    }

    /// What [#repair] would do.
    public RepairPlan plan(Findings findings) {
        return RepairPlan.of(findings);
    }

    /// Mends what was just found damaged, so that a server starts. Copies come first, and are made safe: when
    /// this throws, it can be called again.
    public Repaired repair(Findings findings) throws IOException {
        RepairPlan plan = plan(findings);
        Path copies = newFolder();
        TouchedKeys lost = new TouchedKeys();
        List<String> touched = new ArrayList<>();
        LogInspection foundLog = findings.log();
        if (foundLog != null && plan.lostToLsn() >= plan.lostFromLsn()) {
            foundLog.read(found(log), plan.lostFromLsn(), plan.lostToLsn(), lost);
            writeLostKeys(copies, lost);
        }
        if (!plan.removed().isEmpty() || plan.isForgettingGraphs()) {
            repairCheckpoints(plan, copies, touched);
        }
        if (foundLog != null) {
            MendableLog mended = found(log);
            try (MendableLog.Copies kept = mended.copies(copies.resolve(logName))) {
                new LogRepair(mended, foundLog)
                        .keep(
                                plan.base().fromLsn(),
                                plan.base().reachLsn(),
                                plan.resumeAfterLsn(),
                                kept,
                                clock.nowMillis() / 1000)
                        .forEach(name -> touched.add(logName + "/" + name));
            }
        }
        return new Repaired(plan, copies, touched, lost.records(), List.copyOf(lost.names()));
    }

    private void repairCheckpoints(RepairPlan plan, Path copies, List<String> touched) throws IOException {
        try (Storage kept = FileStorage.open(copies.resolve(checkpointsName))) {
            CheckpointRepair repair = new CheckpointRepair(found(checkpoints), kept, counter);
            for (CheckpointInspection removed : plan.removed()) {
                repair.remove(removed);
                removed.names().forEach(name -> touched.add(checkpointsName + "/" + name));
            }
            CheckpointInspection base = plan.base().checkpoint();
            if (base != null && plan.isForgettingGraphs()) {
                repair.forgetGraphs(base).forEach(name -> touched.add(checkpointsName + "/" + name));
            }
        }
    }

    private static <T> T found(@Nullable T open) {
        if (open == null) {
            throw new IllegalStateException("nothing was found in a folder that is not there");
        }
        return open;
    }

    /// `repair-1`, or the first number that is free.
    private Path newFolder() throws IOException {
        int number = 1;
        while (Files.exists(folder.resolve("repair-" + number))) {
            number++;
        }
        return Files.createDirectory(folder.resolve("repair-" + number));
    }

    private void writeLostKeys(Path copies, TouchedKeys lost) throws IOException {
        List<String> lines = new ArrayList<>(lost.names());
        if (lost.isFull()) {
            lines.add("and more");
        }
        byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.US_ASCII);
        try (Storage kept = FileStorage.open(copies);
                Storage.File file = kept.create(LOST_KEYS)) {
            long address = OffHeap.allocate(text.length, counter);
            try {
                Memory.copyIn(text, 0, address, text.length);
                file.write(0, Memory.ALL.asSlice(address, text.length));
            } finally {
                OffHeap.free(address, text.length, counter);
            }
            file.sync();
        }
    }

    /// Lets the folders go.
    @Override
    public void close() throws IOException {
        try (Storage one = logFolder;
                Storage other = checkpoints) {
            // Both are closed, whatever one of them throws.
        }
    }
}
