package io.nuthatch.persistence.check;

import io.nuthatch.persistence.checkpoint.CheckpointInspection;
import io.nuthatch.persistence.wal.LogInspection;
import java.util.List;

/// What a repair does to a damaged folder, and what it costs.
///
/// @param base the state that is kept
/// @param removed checkpoints that are taken away, newest first
/// @param isForgettingGraphs whether the base's damaged graphs are taken out, to be linked anew
/// @param lostFromLsn the first record that is lost
/// @param lostToLsn the last record that is known to be lost; lower than `lostFromLsn` when none is
public record RepairPlan(
        Findings.Base base,
        List<CheckpointInspection> removed,
        boolean isForgettingGraphs,
        long lostFromLsn,
        long lostToLsn) {
    static RepairPlan of(Findings findings) {
        Findings.Base base = findings.best();
        CheckpointInspection kept = base.checkpoint();
        List<CheckpointInspection> removed = findings.checkpoints().stream()
                .filter(CheckpointInspection::hasManifest)
                .filter(each -> kept == null || each.number() > kept.number())
                .toList();
        long last = findings.log() == null ? 0 : lastKnownLsn(findings.log());
        for (CheckpointInspection each : removed) {
            CheckpointInspection.Summary summary = each.summary();
            last = Math.max(last, summary == null ? 0 : summary.highestLsn());
        }
        return new RepairPlan(base, removed, kept != null && kept.isLessGraphs(), base.stateLsn() + 1, last);
    }

    /// The highest LSN that the log shows to have been used.
    private static long lastKnownLsn(LogInspection log) {
        long last = log.lastLsn();
        for (LogInspection.Segment segment : log.segments()) {
            last = Math.max(last, segment.firstLsn() - 1); // The records before it were all there once.
        }
        return last;
    }

    /// Whether something is gone that a client had been told is safe: records, or a checkpoint whose place
    /// neither an older one nor the log can take.
    public boolean isLosing() {
        return lostToLsn >= lostFromLsn || base.isMixed() || isLosingCheckpoint();
    }

    /// Whether a removed checkpoint held something that is nowhere else, as far as can be known: one of a
    /// server without a log, or one that does not say what it held, with no log that was replayed in its
    /// place.
    public boolean isLosingCheckpoint() {
        boolean isReplaying = base.reachLsn() >= base.fromLsn();
        return !isReplaying
                && removed.stream()
                        .map(CheckpointInspection::summary)
                        .anyMatch(summary -> summary == null || summary.highestLsn() == 0 && summary.keys() > 0);
    }

    /// The LSN behind which the log goes on: no new record may get one that the kept checkpoint counts as its
    /// own.
    long resumeAfterLsn() {
        boolean isEmpty = base.reachLsn() < base.fromLsn();
        return isEmpty && base.stateLsn() > 0 ? base.stateLsn() + 1 : base.stateLsn(); // A lost log is missed.
    }
}
