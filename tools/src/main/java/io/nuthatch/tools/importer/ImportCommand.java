package io.nuthatch.tools.importer;

import io.nuthatch.engine.SuppressForbidden;
import io.nuthatch.tools.ToolClock;
import io.nuthatch.tools.client.Pipeline;
import io.nuthatch.tools.client.ServerOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `bin/nuthatch-import`: loads files into a running server.
@Command(
        name = "nuthatch-import",
        description = "Loads files into a running server.",
        sortOptions = false,
        footer = {
            "",
            "Exit status: 0 all is there; 1 the server or a file refused some items, which are listed;",
            "2 wrong usage; 3 ended early: a torn file, a broken connection, too many errors."
        })
public final class ImportCommand implements Callable<Integer> {
    private static final int EXIT_ITEMS = 1;
    private static final int EXIT_ENDED = 3;
    private static final long SAVE_NANOS = 1_000_000_000L;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(
            names = "--batch",
            defaultValue = "4096",
            description = "How many commands may be on their way before a reply is waited for (${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--limit", description = "Ends after so many items.")
    private long limit = Long.MAX_VALUE;

    @Option(
            names = "--max-errors",
            defaultValue = "1000",
            description = "Ends after so many errors (${DEFAULT-VALUE}); 0 for any number.")
    private long maxErrors;

    @Option(
            names = "--resume",
            paramLabel = "STATE",
            description = "Keeps in the file STATE how far the import is, and goes on from there when it exists.")
    private @Nullable Path resume;

    @Option(names = "--quiet", description = "Shows no progress.")
    private boolean isQuiet;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Shows this.")
    private boolean isHelp;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "What to load.")
    private List<Path> files = List.of();

    private final ToolClock clock = new ToolClock();
    private long savedAt;

    /// The program.
    @SuppressForbidden("its exit status is its answer")
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /// As [#main], with the status returned.
    public static int run(String... arguments) {
        return new CommandLine(new ImportCommand()).execute(arguments);
    }

    @Override
    public Integer call() {
        PrintWriter out = spec().commandLine().getOut();
        PrintWriter err = spec().commandLine().getErr();
        if (batch < 1 || batch > 1 << 20) {
            throw new CommandLine.ParameterException(
                    spec().commandLine(), "--batch must be between 1 and 1048576, got " + batch);
        }
        ErrorLog errors = new ErrorLog();
        Progress progress = new Progress(err, !isQuiet && isTerminal(), clock);
        SourceInHand inHand = new SourceInHand(errors);
        long done = 0;
        boolean isEnded = false;
        try (Pipeline pipeline = Pipeline.connect(server.address(), batch, inHand)) {
            ResumeState state = resume == null ? null : ResumeState.open(resume, "");
            Importer importer = new Importer(pipeline, errors, server.address().database(), limit, maxErrors);
            pipeline.start();
            try {
                for (Path file : files) {
                    Importer.End end = importFile(file, importer, state, inHand, progress, errors);
                    if (end == Importer.End.TOO_MANY_ERRORS) {
                        err.println("ended after " + errors.count() + " errors; --max-errors 0 goes on");
                        isEnded = true;
                    }
                    if (end != Importer.End.COMPLETE) {
                        break;
                    }
                }
            } finally {
                done = importer.done();
            }
        } catch (IOException failure) {
            progress.clear();
            err.println(failure.getMessage());
            isEnded = true;
        }
        progress.clear();
        errors.report().forEach(err::println);
        double seconds = progress.seconds();
        out.printf(
                Locale.ROOT,
                "%,d items in %.1f s, %,.0f/s, errors %,d%n",
                done,
                seconds,
                done / Math.max(1e-3, seconds),
                errors.count());
        out.flush();
        err.flush();
        return isEnded ? EXIT_ENDED : errors.count() > 0 ? EXIT_ITEMS : 0;
    }

    private Importer.End importFile(
            Path file,
            Importer importer,
            @Nullable ResumeState state,
            SourceInHand inHand,
            Progress progress,
            ErrorLog errors)
            throws IOException {
        if (!Files.exists(file)) {
            throw new IOException(file + ": no such file");
        }
        long from = state == null ? 0 : state.itemsOf(file);
        try (Source source = new CommandFile(FileInput.open(file))) {
            inHand.set(source, file.toString());
            return importer.run(source, file.toString(), from, answered -> {
                if (!isQuiet && progress.isDue()) {
                    progress.show(file.toString(), importer.done(), source.position(), source.size(), errors.count());
                }
                if (state != null && (clock.nanoTime() - savedAt >= SAVE_NANOS || source.position() == source.size())) {
                    savedAt = clock.nanoTime();
                    state.keep(file, answered);
                }
            });
        }
    }

    private static boolean isTerminal() {
        return System.console() != null && System.console().isTerminal();
    }

    private CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("picocli sets it");
        }
        return spec;
    }

    /// Gives refusals, which the reader of replies meets, the name of the file in hand: between two files
    /// every reply is awaited.
    private static final class SourceInHand implements Pipeline.Listener {
        private record Named(Source source, String name) {}

        private final ErrorLog errors;
        private volatile @Nullable Named named;

        SourceInHand(ErrorLog errors) {
            this.errors = errors;
        }

        void set(Source source, String name) {
            named = new Named(source, name);
        }

        @Override
        public void refused(long place, String message) {
            Named of = named;
            errors.add(of == null ? "" : of.name + ": " + of.source.describe(place), message);
        }
    }
}
