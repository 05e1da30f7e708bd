package io.nuthatch.tools.importer;

import io.nuthatch.engine.NanoClock;
import java.io.PrintWriter;
import java.util.Locale;

/// One line that says how far an import is: redrawn in place on a terminal, a new line every ten seconds
/// elsewhere. One thread.
final class Progress {
    private static final int BAR_CHARS = 24;
    private static final long TERMINAL_NANOS = 200_000_000L;
    private static final long LINES_NANOS = 10_000_000_000L;

    private final PrintWriter out;
    private final boolean isTerminal;
    private final NanoClock clock;
    private final long begun;
    private long nextAt;
    private int shownChars;

    Progress(PrintWriter out, boolean isTerminal, NanoClock clock) {
        this.out = out;
        this.isTerminal = isTerminal;
        this.clock = clock;
        this.begun = clock.nanoTime();
        this.nextAt = begun + (isTerminal ? TERMINAL_NANOS : LINES_NANOS);
    }

    /// Whether it is time for another line.
    boolean isDue() {
        return clock.nanoTime() - nextAt >= 0;
    }

    /// @param items done since the import began
    /// @param bytes read of `size`; `size` below 0 when nobody knows
    void show(String file, long items, long bytes, long size, long errors) {
        long now = clock.nanoTime();
        nextAt = now + (isTerminal ? TERMINAL_NANOS : LINES_NANOS);
        double seconds = (now - begun) / 1e9;
        StringBuilder line = new StringBuilder();
        if (size > 0) {
            double done = Math.min(1.0, (double) bytes / size);
            if (isTerminal) {
                int full = (int) (done * BAR_CHARS);
                line.append('[').repeat('#', full).repeat('.', BAR_CHARS - full).append("] ");
            }
            line.append(String.format(Locale.ROOT, "%.0f %% of %s, ", Math.floor(done * 100), bytes(size)));
            if (bytes > 0 && done < 1) {
                line.append(time(seconds * (size - bytes) / bytes)).append(" left, ");
            }
        } else {
            line.append(bytes(bytes)).append(", ");
        }
        line.append(String.format(Locale.ROOT, "%,d items, %,.0f/s", items, items / Math.max(1e-3, seconds)));
        if (errors > 0) {
            line.append(String.format(Locale.ROOT, ", %,d errors", errors));
        }
        line.append("  ").append(file);
        if (isTerminal) {
            int chars = line.length();
            out.print("\r" + line + " ".repeat(Math.max(0, shownChars - chars)));
            shownChars = chars;
        } else {
            out.println(line);
        }
        out.flush();
    }

    /// Wipes the line, so that something else can be printed.
    void clear() {
        if (shownChars > 0) {
            out.print("\r" + " ".repeat(shownChars) + "\r");
            out.flush();
            shownChars = 0;
        }
    }

    double seconds() {
        return (clock.nanoTime() - begun) / 1e9;
    }

    static String bytes(long bytes) {
        if (bytes < 1L << 20) {
            return String.format(Locale.ROOT, "%.1f KB", bytes / 1024.0);
        }
        return bytes < 1L << 30
                ? String.format(Locale.ROOT, "%.1f MB", bytes / (double) (1L << 20))
                : String.format(Locale.ROOT, "%.2f GB", bytes / (double) (1L << 30));
    }

    private static String time(double seconds) {
        long whole = (long) Math.ceil(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }
}
