package io.nuthatch.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// hnswlib in a process of its own (`bench/src/main/cpp/hnswlib_peer.cpp`), asked over a pipe, so that it
/// runs in turns with ours on the same machine and the same core. Not thread-safe.
final class HnswlibPeer implements AutoCloseable {
    /// `seconds` of processor time for the queries, and what they found, -1 where fewer than k.
    record Found(double seconds, int[][] ordinals) {
        /// The faster of two runs of the same queries.
        Found better(Found other) {
            return other.seconds < seconds ? other : this;
        }
    }

    record Built(double seconds, double cpuSeconds, long residentBytes) {}

    private final Process process;
    private final PrintWriter commands;
    private final BufferedReader answers;
    private final Path results = Files.createTempFile("hnswlib", ".ids");

    /// Huge pages for both sides: glibc's allocator is told to ask for them, as our arenas do.
    HnswlibPeer(String executable, VectorPack pack) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        executable,
                        pack.folder().toString(),
                        pack.metric().name().toLowerCase(Locale.ROOT))
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
        process = builder.start();
        commands = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    Built build(int count, int m, int efConstruction, int threads) throws IOException {
        String answer = ask("build " + count + " " + m + " " + efConstruction + " " + threads);
        return new Built(number(answer, "seconds"), number(answer, "cpu"), (long) number(answer, "resident"));
    }

    void load(Path file) throws IOException {
        ask("load " + file);
    }

    void save(Path file) throws IOException {
        ask("save " + file);
    }

    /// All queries, `repeats` times; the time is the best one's.
    Found search(int ef, int k, int repeats) throws IOException {
        double best = number(ask("search " + ef + " " + k + " " + repeats + " " + results), "best");
        return new Found(best, VectorPack.ids(results, k));
    }

    /// The first `queries`, each with its bitmap out of the file.
    Found search(int ef, int k, int repeats, int queries, Path bitmaps) throws IOException {
        String command = "filter " + ef + " " + k + " " + repeats + " " + results + " " + queries + " " + bitmaps;
        return new Found(number(ask(command), "best"), VectorPack.ids(results, k));
    }

    private String ask(String command) throws IOException {
        commands.println(command);
        String answer = answers.readLine();
        if (answer == null || answer.contains("error")) {
            throw new IOException("hnswlib's answer to " + command + ": " + answer);
        }
        return answer;
    }

    private static double number(String json, String name) {
        Matcher matcher = Pattern.compile('"' + name + "\": ([-+.0-9eE]+)").matcher(json);
        if (!matcher.find()) {
            throw new IllegalArgumentException(name + " in " + json);
        }
        return Double.parseDouble(matcher.group(1));
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        Files.deleteIfExists(results);
    }
}
