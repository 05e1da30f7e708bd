package io.nuthatch.commands.admin;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.nuthatch.engine.SuppressForbidden;
import io.nuthatch.engine.memory.Residency;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What `/proc/self/smaps` tells of the JVM and changes little later: where the heap was reserved, and how
/// many pages of files the process has made its own by writing to them (the archives of classes, in its
/// start).
///
/// `heapBytes` is 0 when the heap was not found: elsewhere than on Linux, or with a collector that reserves
/// it otherwise.
record AddressSpace(long heapAddress, long heapBytes, long privateFileBytes) {
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final Path DETAILED_MAPS = Path.of("/proc/self/smaps"); // Slow to read where much is resident.
    private static final String WRITTEN = "Anonymous:"; // Of a mapping of a file: pages that were written to.

    /// One line: `[from, to)`, `rw-p`, and the path, empty for memory without a file.
    private record Mapping(long from, long to, String access, String path) {
        /// In the detailed file, others begin with a capital: `Rss:`.
        static boolean isOne(String line) {
            return !line.isEmpty() && Character.digit(line.charAt(0), 16) >= 0 && line.indexOf('-') > 0;
        }

        static Mapping of(String line) {
            String[] words = line.split(" +", 6);
            String[] range = words[0].split("-", 2);
            return new Mapping(
                    Long.parseUnsignedLong(range[0], 16),
                    Long.parseUnsignedLong(range[1], 16),
                    words[1],
                    words.length > 5 ? words[5] : "");
        }
    }

    /// Of this process, now.
    static AddressSpace read() {
        try {
            return of(Files.readAllLines(DETAILED_MAPS, StandardCharsets.ISO_8859_1), maxHeapBytes());
        } catch (IOException missing) {
            return new AddressSpace(0, 0, 0);
        }
    }

    /// Of the lines of such a file. The heap is the run of mappings without a gap that has its size.
    static AddressSpace of(List<String> lines, long maxHeapBytes) {
        List<Mapping> mappings = new ArrayList<>();
        List<Long> written = new ArrayList<>(); // Bytes, by mapping.
        for (String line : lines) {
            if (Mapping.isOne(line)) {
                mappings.add(Mapping.of(line));
                written.add(0L);
            } else if (line.startsWith(WRITTEN)) {
                written.set(written.size() - 1, Long.parseLong(line.replaceAll("\\D", "")) * 1024);
            }
        }
        long heap = 0;
        for (int i = 0; i < mappings.size() && heap == 0; i++) {
            long from = mappings.get(i).from;
            long to = from;
            for (int j = i; j < mappings.size() && mappings.get(j).from == to && to - from < maxHeapBytes; j++) {
                to = mappings.get(j).to;
            }
            heap = to - from == maxHeapBytes ? from : 0;
        }
        long privateFiles = 0;
        for (int i = 0; i < mappings.size(); i++) {
            Mapping mapping = mappings.get(i);
            boolean isInHeap = heap != 0 && mapping.from >= heap && mapping.from < heap + maxHeapBytes;
            if (!isInHeap && mapping.path.startsWith("/")) {
                privateFiles += written.get(i);
            }
        }
        return new AddressSpace(heap, heap == 0 ? 0 : maxHeapBytes, privateFiles);
    }

    /// Bytes of the heap that are in RAM, or -1 where the system does not say. Reads the file again, which is
    /// in the order of addresses, to the end of the heap: most of what was reserved is not committed.
    long residentHeapBytes() {
        if (heapBytes == 0) {
            return -1;
        }
        long sum = 0;
        try (BufferedReader maps = Files.newBufferedReader(MAPS, StandardCharsets.ISO_8859_1)) {
            for (String line = maps.readLine(); line != null; line = maps.readLine()) {
                Mapping mapping = Mapping.of(line);
                if (mapping.from >= heapAddress + heapBytes) {
                    break;
                }
                if (mapping.from >= heapAddress && mapping.access.startsWith("rw")) {
                    long resident = Residency.bytes(mapping.from, mapping.to - mapping.from);
                    if (resident < 0) {
                        return -1;
                    }
                    sum += resident;
                }
            }
            return sum;
        } catch (IOException missing) {
            return -1;
        }
    }

    @SuppressForbidden("only HotSpot's own bean tells how much was reserved, in whole regions")
    private static long maxHeapBytes() {
        return Long.parseLong(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxHeapSize")
                .getValue());
    }
}
