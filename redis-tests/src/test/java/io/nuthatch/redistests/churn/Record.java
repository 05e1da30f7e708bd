package io.nuthatch.redistests.churn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What was measured over time: a CSV of `second,of,what,value`, and whether it stayed as it was.
/// `bench/scripts/churn-plot.py` draws it.
final class Record implements AutoCloseable {
    private final Map<String, List<Double>> series = new LinkedHashMap<>();
    private final PrintStream csv;

    Record(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        csv = new PrintStream(Files.newOutputStream(file), true);
        csv.println("second,of,what,value");
    }

    /// A line about the whole run, shown on the console too.
    void note(String text) {
        csv.println("# " + text);
        System.out.println("churn: " + text);
    }

    void add(double second, String of, String what, double value) {
        csv.println(String.format(Locale.ROOT, "%.1f,%s,%s,%.6g", second, of, what, value));
        series.computeIfAbsent(of + " " + what, name -> new ArrayList<>()).add(value);
    }

    /// Fails when the mean over the last quarter is more than `tolerance` below that over the first, and
    /// chance alone does not explain it.
    void checkNotLess(String of, String what, double tolerance) {
        List<Double> values = series.getOrDefault(of + " " + what, List.of());
        int quarter = Math.max(1, values.size() / 4);
        List<Double> first = values.subList(0, quarter);
        List<Double> last = values.subList(values.size() - quarter, values.size());
        assertThat(mean(last))
                .as(what + " of " + of + ": last quarter against first")
                .isGreaterThanOrEqualTo(mean(first) - tolerance - chance(first, last));
    }

    /// Fails when the mean over the last quarter is more than `factor` times that over the first, and
    /// `slack`.
    void checkNotMore(String of, String what, double factor, double slack) {
        List<Double> values = series.getOrDefault(of + " " + what, List.of());
        int quarter = Math.max(1, values.size() / 4);
        assertThat(mean(values.subList(values.size() - quarter, values.size())))
                .as(what + " of " + of + ": last quarter against first")
                .isLessThanOrEqualTo(factor * mean(values.subList(0, quarter)) + slack);
    }

    /// Three standard errors of the difference of two means.
    static double chance(List<Double> some, List<Double> others) {
        return 3 * Math.sqrt(varianceOfMean(some) + varianceOfMean(others));
    }

    static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    private static double varianceOfMean(List<Double> values) {
        double mean = mean(values);
        double squares = values.stream()
                .mapToDouble(value -> (value - mean) * (value - mean))
                .sum();
        return squares / Math.max(1, values.size() - 1) / values.size();
    }

    @Override
    public void close() {
        csv.close();
    }
}
