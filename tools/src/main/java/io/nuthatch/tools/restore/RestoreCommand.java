package io.nuthatch.tools.restore;

import io.nuthatch.engine.SuppressForbidden;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.backup.BackupManifest;
import io.nuthatch.persistence.backup.BackupProgress;
import io.nuthatch.persistence.backup.BackupStore;
import io.nuthatch.persistence.backup.BackupStores;
import io.nuthatch.persistence.backup.Restore;
import io.nuthatch.tools.DataFolderOptions;
import io.nuthatch.tools.ToolClock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `bin/nuthatch-restore`: makes a data folder of a backup.
@Command(
        name = "nuthatch-restore",
        description = "Makes a data folder of a backup that NUTHATCH.BACKUP took.",
        sortOptions = false,
        footer = {"", "Exit status: 0 it is there; 1 the backup is damaged, or does not reach so far; 2 wrong usage."})
public final class RestoreCommand implements Callable<Integer> {
    private static final int EXIT_FAILED = 1;

    /// One of the two at most.
    private static final class Until {
        @Option(names = "--to-lsn", paramLabel = "N", description = "Ends behind record N of the log.")
        private long lsn = Long.MAX_VALUE;

        @Option(
                names = "--to-time",
                paramLabel = "T",
                description =
                        "Leaves out what was written to the log after T: Unix seconds, or as 2026-11-21T20:15:00Z.")
        private String time = "";
    }

    @Spec
    private @Nullable CommandSpec spec;

    @ArgGroup
    private Until until = new Until();

    @Mixin
    private DataFolderOptions names = new DataFolderOptions();

    @Mixin
    private StorageOptions storage = new StorageOptions();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Shows this.")
    private boolean isHelp;

    @Parameters(index = "0", paramLabel = "BACKUP", description = "Where the backup is, as NUTHATCH.BACKUP was told.")
    private String place = "";

    @Parameters(index = "1", paramLabel = "DIR", description = "The data folder to make, with no data in it yet.")
    private Path folder = Path.of("");

    /// The program.
    @SuppressForbidden("its exit status is its answer")
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RestoreCommand()).execute(arguments));
    }

    @Override
    public Integer call() {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        long toSeconds = seconds(line);
        PrintWriter out = line.getOut();
        MemoryAccount.Counter counter = new MemoryAccount().counter("restore", "buffers");
        try (BackupStore store = BackupStores.ofThisInstallation().open(place, storage)) {
            Restore restore = new Restore(store, new BackupProgress(), new ToolClock(), counter);
            BackupManifest manifest = restore.manifest();
            out.println(String.format(
                    Locale.ROOT,
                    "a backup of %s: %,d files, %,d bytes, records %d to %d",
                    Instant.ofEpochMilli(manifest.takenMillis()),
                    manifest.files().size(),
                    manifest.bytes(),
                    manifest.firstLsn(),
                    manifest.lastLsn()));
            long last = restore.to(folder, names.checkpointsName(), names.logName(), until.lsn, toSeconds);
            out.println("restored to " + folder + " up to record " + last + "; start it with --dir " + folder
                    + " --appendonly " + (manifest.hasLog() ? "yes" : "no")
                    + (manifest.hasChronicleLog() ? " --aof-engine chronicle" : ""));
            out.flush();
            return 0;
        } catch (IOException failure) {
            line.getErr().println(failure.getMessage());
            line.getErr().flush();
            return EXIT_FAILED;
        }
    }

    private long seconds(CommandLine line) {
        if (until.time.isEmpty()) {
            return Long.MAX_VALUE;
        }
        try {
            return until.time.matches("\\d+")
                    ? Long.parseLong(until.time)
                    : Instant.parse(until.time).getEpochSecond();
        } catch (DateTimeParseException | NumberFormatException wrong) {
            throw new CommandLine.ParameterException(
                    line, "--to-time is neither Unix seconds nor as 2026-11-21T20:15:00Z: " + until.time, wrong);
        }
    }
}
