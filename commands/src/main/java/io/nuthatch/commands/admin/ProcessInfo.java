package io.nuthatch.commands.admin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the operating system says of this process, out of `/proc`; where there is none, what the JVM knows.
final class ProcessInfo {
    private static final long TICKS_A_SECOND = 100; // USER_HZ, the same on every Linux.
    private static final int USER_TICKS = 11; // Fields of /proc/self/stat, counted behind the name.
    private static final int SYSTEM_TICKS = 12;
    private static final long PAGE_BYTES = 4096;

    private ProcessInfo() {}

    /// Seconds of processor time in user and kernel mode.
    static double[] cpuSeconds() {
        String stat = read("/proc/self/stat");
        if (stat != null) {
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return new double[] {
                Long.parseLong(fields[USER_TICKS]) / (double) TICKS_A_SECOND,
                Long.parseLong(fields[SYSTEM_TICKS]) / (double) TICKS_A_SECOND
            };
        }
        long nanos = ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(Duration::toNanos)
                .orElse(0L);
        return new double[] {nanos / 1e9, 0};
    }

    /// Bytes of the process that are in RAM; what the heap holds where `/proc` is missing.
    static long residentBytes() {
        String statm = read("/proc/self/statm");
        return statm == null
                ? Runtime.getRuntime().totalMemory()
                : Long.parseLong(statm.split(" ", -1)[1]) * PAGE_BYTES;
    }

    /// Bytes of mapped files that are in RAM, shared memory among them, and the number of threads; zeros
    /// where `/proc` is missing.
    record Status(long fileBytes, long threads) {}

    static Status status() {
        String text = read("/proc/self/status");
        if (text == null) {
            return new Status(0, 0);
        }
        return new Status((number(text, "RssFile:") + number(text, "RssShmem:")) * 1024, number(text, "Threads:"));
    }

    /// The number behind a name at the beginning of a line, or 0.
    private static long number(String text, String name) {
        int at = text.indexOf("\n" + name);
        return at < 0
                ? 0
                : Long.parseLong(text.substring(at + 1 + name.length(), text.indexOf('\n', at + 1))
                        .replaceAll("\\D", ""));
    }

    /// Bytes of RAM of the machine, or 0 when unknown.
    static long systemBytes() {
        String info = read("/proc/meminfo");
        if (info == null) {
            return 0;
        }
        for (String line : List.of(info.split("\n", -1))) {
            if (line.startsWith("MemTotal:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        return 0;
    }

    private static @Nullable String read(String path) {
        try {
            return Files.readString(Path.of(path));
        } catch (IOException missing) {
            return null;
        }
    }
}
