package io.nuthatch.tools.check;

import io.nuthatch.engine.SuppressForbidden;
import io.nuthatch.persistence.check.Findings;
import io.nuthatch.persistence.check.FolderCheck;
import io.nuthatch.tools.DataFolderOptions;
import io.nuthatch.tools.ToolClock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
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

/// `bin/nuthatch-check`: says what a data folder holds and what of it is damaged, and mends it.
@Command(
        name = "nuthatch-check",
        description = "Looks into the data folder of a server that does not run, and mends it.",
        sortOptions = false,
        footer = {
            "",
            "Exit status of --verify: 0 a server starts on the folder; 1 it is damaged and a server does not start.",
            "Exit status of --repair: 0 nothing is lost; 1 something is lost, and was listed.",
            "Both: 2 wrong usage, a server uses the folder, or the disk refuses."
        })
public final class CheckCommand implements Callable<Integer> {
    private static final int EXIT_DAMAGED = 1;
    private static final int EXIT_REFUSED = 2;

    /// One of the two.
    private static final class Mode {
        @Option(names = "--verify", required = true, description = "Reads everything and changes nothing.")
        private boolean isVerifying;

        @Option(
                names = "--repair",
                required = true,
                description = {
                    "Mends what is damaged, so that a server starts. A copy of every file that is touched is kept"
                            + " in DIR/repair-1 (or -2, ...), with a list of the keys whose changes are lost.",
                    "The log is kept up to the first record that is missing. A damaged graph of vectors is built"
                            + " anew by the next start. Another damaged checkpoint is taken away, and an older one"
                            + " or the log alone takes its place where that is possible."
                })
        private boolean isRepairing;
    }

    @Spec
    private @Nullable CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    private Mode mode = new Mode();

    @Mixin
    private DataFolderOptions names = new DataFolderOptions();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Shows this.")
    private boolean isHelp;

    @Parameters(paramLabel = "DIR", description = "The data folder: the setting dir of its server.")
    private Path folder = Path.of("");

    /// The program.
    @SuppressForbidden("its exit status is its answer")
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new CheckCommand()).execute(arguments));
    }

    @Override
    public Integer call() {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        try (FolderCheck check = new FolderCheck(folder, names.logName(), names.checkpointsName(), new ToolClock())) {
            return check(check, new CheckReport(line.getOut(), names.logName(), names.checkpointsName()));
        } catch (IOException refused) {
            PrintWriter err = line.getErr();
            err.println(refused.getMessage());
            err.flush();
            return EXIT_REFUSED;
        }
    }

    private int check(FolderCheck check, CheckReport report) throws IOException {
        Findings findings = check.verify();
        List<Findings.Damage> damages = check.damages(findings);
        report.found(findings);
        report.damages(damages);
        if (damages.isEmpty()) {
            return 0;
        }
        if (mode.isVerifying) {
            report.planned(check.plan(findings));
            return EXIT_DAMAGED;
        }
        FolderCheck.Repaired repaired = check.repair(findings);
        report.repaired(repaired);
        return repaired.plan().isLosing() ? EXIT_DAMAGED : 0;
    }
}
