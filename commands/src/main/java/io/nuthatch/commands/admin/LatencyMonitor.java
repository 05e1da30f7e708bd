package io.nuthatch.commands.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What took at least `latency-monitor-threshold` milliseconds, by event: the worst sample of each second,
/// the last 160 of them, and the worst ever. Any thread.
public final class LatencyMonitor {
    private static final int SAMPLES = 160;

    /// `seconds`: Unix time; `millis`: how long it took.
    record Sample(long seconds, long millis) {}

    /// The samples of one event, oldest first.
    record Series(List<Sample> samples, long maxMillis) {}

    private final Map<String, Series> events = new TreeMap<>(); // Guarded by this.

    /// Adds a sample.
    public synchronized void add(String event, long nowMillis, long durationMillis) {
        Series old = events.get(event);
        List<Sample> samples = new ArrayList<>(old == null ? List.of() : old.samples);
        Sample sample = new Sample(nowMillis / 1000, durationMillis);
        if (!samples.isEmpty() && samples.getLast().seconds == sample.seconds) {
            Sample last = samples.removeLast();
            samples.add(last.millis >= sample.millis ? last : sample);
        } else {
            samples.add(sample);
            if (samples.size() > SAMPLES) {
                samples.removeFirst();
            }
        }
        events.put(event, new Series(samples, Math.max(durationMillis, old == null ? 0 : old.maxMillis)));
    }

    /// The events that have samples, by name.
    synchronized Map<String, Series> all() {
        return new TreeMap<>(events);
    }

    /// Forgets an event; returns whether there was one.
    synchronized boolean reset(String event) {
        return events.remove(event) != null;
    }
}
