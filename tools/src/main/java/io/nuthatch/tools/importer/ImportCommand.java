package io.nuthatch.tools.importer;

import io.nuthatch.engine.SuppressForbidden;
import io.nuthatch.tools.ToolClock;
import io.nuthatch.tools.client.Pipeline;
import io.nuthatch.tools.client.ServerOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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

    @Mixin
    private SourceOptions sources = new SourceOptions();

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

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE",
            description = {
                "RDB and append-only files and folders of Redis to 8, commands, CSV, TSV, JSONL,",
                ".fvecs, .bvecs, .fbin, .u8bin, .i8bin, .npy."
            })
    private List<Path> files = List.of();

    private final ToolClock clock = new ToolClock();
    private long savedAt;

    /// The program.
    @SuppressForbidden("its exit status is its answer")
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ImportCommand()).execute(arguments));
    }

    /// As [#main] with the status returned, and all that is printed to `out`.
    public static int run(PrintWriter out, String... arguments) {
        return new CommandLine(new ImportCommand()).setOut(out).setErr(out).execute(arguments);
    }

    @Override
    public Integer call() {
        if (batch < 1 || batch > 1 << 20) {
            throw usage("--batch must be between 1 and 1048576, got " + batch);
        }
        PrintWriter out = spec().commandLine().getOut();
        PrintWriter err = spec().commandLine().getErr();
        ErrorLog errors = new ErrorLog();
        Progress progress = new Progress(err, !isQuiet && isTerminal(), clock);
        SourceInHand inHand = new SourceInHand(errors);
        long done = 0;
        boolean isEnded = false;
        try (Pipeline pipeline = Pipeline.connect(server.address(), batch, inHand)) {
            ResumeState state = resume == null ? null : ResumeState.open(resume, sources.fingerprint());
            Importer importer = new Importer(pipeline, errors, server.address().database(), limit, maxErrors);
            Set<RdbType.Kind> known = kindsOf(pipeline);
            List<Path> all = expanded();
            pipeline.start();
            try {
                for (Path file : all) {
                    Importer.End end = importFile(file, importer, known, state, inHand, progress, errors);
                    if (end == Importer.End.TOO_MANY_ERRORS) {
                        progress.clear();
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
        } catch (IllegalArgumentException wrongUse) {
            throw usage(String.valueOf(wrongUse.getMessage()));
        } catch (IOException failure) {
            progress.clear();
            err.println(failure.getMessage());
            isEnded = true;
        }
        progress.clear();
        errors.report().forEach(err::println);
        inHand.notes().forEach(err::println);
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

    private CommandLine.ParameterException usage(String what) {
        return new CommandLine.ParameterException(spec().commandLine(), what);
    }

    /// The files to read in order, with what manifests name in their place.
    private List<Path> expanded() throws IOException {
        List<Path> all = new ArrayList<>();
        for (Path file : files) {
            if (!Files.exists(file)) {
                throw new IOException(file + ": no such file");
            }
            if (AofManifest.isAt(file)) {
                all.addAll(AofManifest.files(file));
            } else {
                all.add(file);
            }
        }
        return all;
    }

    /// The kinds of keys that the server has commands for.
    private static Set<RdbType.Kind> kindsOf(Pipeline pipeline) throws IOException {
        Set<RdbType.Kind> known = EnumSet.noneOf(RdbType.Kind.class);
        for (RdbType.Kind kind : RdbType.Kind.values()) {
            String command = kind.command();
            if (command != null
                    && pipeline.call("COMMAND", "INFO", command) instanceof List<?> infos
                    && infos.size() == 1
                    && infos.getFirst() instanceof List<?> info
                    && !info.isEmpty()) {
                known.add(kind);
            }
        }
        return known;
    }

    /// Nothing of a damaged RDB file is sent.
    private void verify(Path file, long size, long done, Progress progress) throws IOException {
        RdbSource.verify(file, offset -> {
            if (!isQuiet && progress.isDue()) {
                progress.show("checking " + file, done, offset, size, 0);
            }
        });
    }

    private Importer.End importFile(
            Path file,
            Importer importer,
            Set<RdbType.Kind> known,
            @Nullable ResumeState state,
            SourceInHand inHand,
            Progress progress,
            ErrorLog errors)
            throws IOException {
        long from = state == null ? 0 : state.itemsOf(file);
        try (Source source = sources.open(file, known)) {
            if (source instanceof RdbSource && Files.isRegularFile(file)) {
                verify(file, source.size(), importer.done(), progress);
            }
            inHand.set(source, file.toString());
            return importer.run(source, file.toString(), from, (answered, isLast) -> {
                if (!isQuiet && progress.isDue()) {
                    progress.show(file.toString(), importer.done(), source.position(), source.size(), errors.count());
                }
                if (state != null && (isLast || clock.nanoTime() - savedAt >= SAVE_NANOS)) {
                    savedAt = clock.nanoTime();
                    state.keep(file, answered);
                }
            });
        } finally {
            inHand.finish();
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
    /// every reply is awaited. Collects what files say at their end.
    private static final class SourceInHand implements Pipeline.Listener {
        private record Named(Source source, String name) {}

        private final ErrorLog errors;
        private final List<String> notes = new ArrayList<>();
        private volatile @Nullable Named named;

        SourceInHand(ErrorLog errors) {
            this.errors = errors;
        }

        void set(Source source, String name) {
            named = new Named(source, name);
        }

        void finish() {
            Named of = named;
            if (of != null) {
                of.source.notes().forEach(note -> notes.add(of.name + ": " + note));
            }
            named = null;
        }

        List<String> notes() {
            return notes;
        }

        @Override
        public void refused(long place, String message) {
            Named of = named;
            errors.add(of == null ? "" : of.name + ": " + of.source.describe(place), message);
        }
    }
}
