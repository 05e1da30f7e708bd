package io.nuthatch.persistence.wal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Makes a log readable from one record to another, and drops the rest of it.
///
/// Every file that is changed or removed is copied first, and the copies are made safe before anything is
/// touched: a repair that is interrupted can be done again. Records are never changed: of a file that is
/// damaged, the good ones are copied into a new one.
public final class LogRepair {
    private final MendableLog log;
    private final LogInspection found;

    /// `found` is what was just found in `log`.
    public LogRepair(MendableLog log, LogInspection found) {
        this.log = log;
        this.found = found;
    }

    /// A file that is not left as it is: removed where `kept` is null, or else rewritten with these records.
    private record Step(LogInspection.Segment segment, LogInspection.@Nullable Stretch kept) {}

    /// Keeps the records from `from`, and those before it as far as none is missing, up to `to` =
    /// [LogInspection#reachFrom]; what is behind goes. Where `to` is lower than `resumeAfter`, records that
    /// change nothing fill the log up to that LSN, so that the next one gets a higher one. Returns the names
    /// of the files that were touched, of which `copies` has copies.
    public List<String> keep(long from, long to, long resumeAfter, MendableLog.Copies copies, long epochSeconds)
            throws IOException {
        List<Step> steps = plan(found.runStart(from), to);
        for (Step step : steps) {
            copies.take(step.segment.name());
        }
        copies.sync();
        List<String> touched = new ArrayList<>();
        for (Step step : steps) {
            if (step.kept == null) {
                log.remove(step.segment.name());
            } else {
                log.rewrite(Objects.requireNonNull(step.kept));
            }
            touched.add(step.segment.name());
        }
        if (resumeAfter > to) {
            log.fill(to + 1, resumeAfter, epochSeconds);
        }
        log.sync();
        return touched;
    }

    private List<Step> plan(long from, long to) {
        List<Step> steps = new ArrayList<>();
        for (LogInspection.Segment segment : found.segments()) {
            LogInspection.Stretch kept = null;
            LogInspection.Stretch last = null;
            for (LogInspection.Stretch stretch : found.stretches()) {
                if (stretch.file().equals(segment.name())) {
                    last = stretch;
                    // One file cannot hold two of them: there would be something missing in between.
                    if (isKept(stretch, from, to)) {
                        kept = stretch;
                    }
                }
            }
            if (kept == null) {
                steps.add(new Step(segment, null));
            } else if (!segment.hasHeader()
                    || kept.firstLsn() != segment.firstLsn()
                    || kept != last
                    || isDamaged(segment.name())) {
                steps.add(new Step(segment, kept));
            }
        }
        return steps;
    }

    /// Whether a replay from `from` to `to` reads it.
    private static boolean isKept(LogInspection.Stretch stretch, long from, long to) {
        return stretch.firstLsn() <= to && stretch.lastLsn() >= from;
    }

    private boolean isDamaged(String file) {
        LogInspection.Torn torn = found.torn();
        return torn != null && torn.file().equals(file)
                || found.damages().stream().anyMatch(damage -> damage.file().equals(file));
    }
}
