package io.nuthatch.tools.importer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What could not be imported, by place: the first in words, all by number. Any thread.
final class ErrorLog {
    private static final int KEPT = 100;
    private static final int MAX_KINDS = 100;
    private static final int KIND_CHARS = 80;

    private final List<String> first = new ArrayList<>();
    private final Map<String, Long> kinds = new TreeMap<>();
    private long count;

    synchronized void add(String where, String message) {
        count++;
        if (first.size() < KEPT) {
            first.add(where + ": " + message);
        }
        String kind = message.length() > KIND_CHARS ? message.substring(0, KIND_CHARS) + "..." : message;
        if (kinds.size() < MAX_KINDS || kinds.containsKey(kind)) {
            kinds.merge(kind, 1L, Long::sum);
        }
    }

    synchronized long count() {
        return count;
    }

    /// The first errors and, when there were more, how many of each kind.
    synchronized List<String> report() {
        List<String> lines = new ArrayList<>(first);
        if (count > first.size()) {
            lines.add("and " + (count - first.size()) + " more; of all:");
            kinds.forEach((kind, times) -> lines.add("  " + times + " x " + kind));
        }
        return lines;
    }
}
