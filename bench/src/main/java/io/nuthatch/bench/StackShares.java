package io.nuthatch.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/// Which part of the server the samples of a flight recording belong to: `StackShares FILE.jfr`.
///
/// A sample counts for the innermost frame that a part below claims, so that a copy made by the reply writer
/// is the reply's and a distance is the engine's. Samples of `jdk.CPUTimeSample`, which stand for equal
/// processor time, system calls included. Also prints the busiest methods outside the engine's search.
public final class StackShares {
    private static final int METHODS = 25;

    /// Parts by package prefix; the first that fits wins.
    private static final Map<String, String> PARTS = new LinkedHashMap<>();

    static {
        PARTS.put("io.nuthatch.engine.hnsw", "engine: search");
        PARTS.put("io.nuthatch.engine.vector", "engine: search");
        PARTS.put("io.nuthatch.engine.query", "parse and plan");
        PARTS.put("io.nuthatch.engine.document", "documents and filters");
        PARTS.put("io.nuthatch.engine.text", "documents and filters");
        PARTS.put("io.nuthatch.engine.keyspace", "documents and filters");
        PARTS.put("io.nuthatch.commands", "command and reply");
        PARTS.put("io.nuthatch.resp", "protocol and network");
        PARTS.put("io.nuthatch.server", "protocol and network");
        PARTS.put("io.netty", "protocol and network");
    }

    private static final String OTHER = "the rest of the JVM";

    private StackShares() {}

    public static void main(String[] args) throws IOException {
        Map<String, Integer> parts = new HashMap<>();
        Map<String, Integer> methods = new HashMap<>();
        int samples = 0;
        int unseen = 0;
        try (RecordingFile recording = new RecordingFile(Path.of(args[0]))) {
            while (recording.hasMoreEvents()) {
                RecordedEvent event = recording.readEvent();
                if (!event.getEventType().getName().equals("jdk.CPUTimeSample")) {
                    continue;
                }
                if (event.getStackTrace() == null) {
                    unseen++;
                    continue;
                }
                samples++;
                List<RecordedFrame> frames = event.getStackTrace().getFrames();
                String part = part(frames);
                parts.merge(part, 1, Integer::sum);
                if (!part.startsWith("engine")) {
                    methods.merge(part + ": " + owner(frames), 1, Integer::sum);
                }
            }
        }
        System.out.printf(Locale.ROOT, "%d samples, %d more without a stack%n", samples, unseen);
        print(parts, samples, Integer.MAX_VALUE);
        System.out.println(
                "outside the engine's search, by the innermost method of ours or Netty's, and what it called");
        print(methods, samples, METHODS);
    }

    private static String part(List<RecordedFrame> frames) {
        for (RecordedFrame frame : frames) {
            String type = frame.getMethod().getType().getName();
            for (Map.Entry<String, String> part : PARTS.entrySet()) {
                if (type.startsWith(part.getKey())) {
                    return part.getValue();
                }
            }
        }
        return OTHER;
    }

    private static String owner(List<RecordedFrame> frames) {
        String innermost = name(frames.getFirst());
        for (RecordedFrame frame : frames) {
            String type = frame.getMethod().getType().getName();
            if (type.startsWith("io.nuthatch") || type.startsWith("io.netty")) {
                String own = name(frame);
                return own.equals(innermost) ? own : own + " <- " + innermost;
            }
        }
        return innermost;
    }

    private static String name(RecordedFrame frame) {
        String type = frame.getMethod().getType().getName();
        return type.substring(type.lastIndexOf('.') + 1) + "."
                + frame.getMethod().getName();
    }

    private static void print(Map<String, Integer> counts, int samples, int limit) {
        counts.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(limit)
                .forEach(count -> System.out.printf(
                        Locale.ROOT, "  %5.1f %%  %s%n", 100.0 * count.getValue() / samples, count.getKey()));
    }
}
