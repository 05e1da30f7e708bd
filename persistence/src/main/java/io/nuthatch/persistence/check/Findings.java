package io.nuthatch.persistence.check;

import io.nuthatch.persistence.checkpoint.CheckpointInspection;
import io.nuthatch.persistence.wal.LogInspection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a data folder holds: its log, its checkpoints, and from where a server could start.
///
/// @param log null when there is no folder of a log
/// @param checkpoints newest first; empty when there is no folder of checkpoints
/// @param discardedFromLsn the first record that the next start throws away, with all behind it: `appendonly`
/// was being turned on, and no checkpoint goes with them; `log` is without them; 0 for none
public record Findings(@Nullable LogInspection log, List<CheckpointInspection> checkpoints, long discardedFromLsn) {
    /// Something for which a server does not start.
    ///
    /// @param file as `folder/name`
    /// @param offset in bytes
    public record Damage(String file, long offset, String what) {}

    /// The state that a server can come to.
    ///
    /// @param checkpoint what it reads first; null when it begins with nothing
    /// @param fromLsn the first record of the log that it needs
    /// @param reachLsn the last one that it can read; `fromLsn - 1` for none
    public record Base(@Nullable CheckpointInspection checkpoint, long fromLsn, long reachLsn) {
        /// The last record that the state holds, at least in part.
        public long stateLsn() {
            return Math.max(reachLsn, highestLsn());
        }

        /// Whether hash slots of the checkpoint are of later moments than the log reaches to, so that keys of
        /// different slots need not fit together.
        public boolean isMixed() {
            return reachLsn < highestLsn();
        }

        private long highestLsn() {
            return checkpoint == null || checkpoint.summary() == null
                    ? 0
                    : checkpoint.summary().highestLsn();
        }
    }

    /// The newest checkpoint that was ever whole, which a server reads; null when there is none.
    public @Nullable CheckpointInspection newest() {
        return checkpoints.stream()
                .filter(CheckpointInspection::hasManifest)
                .findFirst()
                .orElse(null);
    }

    /// Whether the newest checkpoint holds record `lsn`.
    boolean isCovered(long lsn) {
        return coveredLsn(newest()) >= lsn;
    }

    /// Everything for which a server refuses to start; `logFolder` and `checkpointFolder` are the folders'
    /// names. Empty: it starts.
    public List<Damage> damages(String logFolder, String checkpointFolder) {
        List<Damage> damages = new ArrayList<>();
        CheckpointInspection newest = newest();
        if (newest != null) {
            for (CheckpointInspection.Damage damage : newest.damages()) {
                damages.add(new Damage(checkpointFolder + "/" + damage.file(), damage.offset(), damage.what()));
            }
        }
        if (log == null) {
            return damages;
        }
        long covered = coveredLsn(newest);
        long needed = covered + 1;
        if (log.firstLsn() > needed) {
            damages.add(new Damage(
                    logFolder + "/" + log.segments().getFirst().name(),
                    0,
                    "records " + needed + " to " + (log.firstLsn() - 1) + " are missing: a file was removed"));
        }
        for (LogInspection.Damage damage : log.damagesBehind(covered)) {
            damages.add(new Damage(logFolder + "/" + damage.file(), damage.offset(), damage.what()));
        }
        long reach = baseOf(newest).reachLsn();
        long held = baseOf(newest).highestLsn();
        if (damages.isEmpty() && held > 0 && (log.segments().isEmpty() || reach < held)) {
            damages.add(new Damage(
                    logFolder, 0, "it ends with record " + reach + ", and the checkpoint holds records up to " + held));
        }
        return damages;
    }

    private static long coveredLsn(@Nullable CheckpointInspection checkpoint) {
        return checkpoint == null || checkpoint.summary() == null
                ? 0
                : checkpoint.summary().coveredLsn();
    }

    /// The best that can be had: of the checkpoints that can be read, and of none, the one with which the
    /// most of the log can be replayed; the newest of those that come equally far.
    Base best() {
        Base best = null;
        for (CheckpointInspection checkpoint : checkpoints) {
            if (checkpoint.isWhole() || checkpoint.isLessGraphs()) {
                best = better(best, baseOf(checkpoint));
            }
        }
        return better(best, baseOf(null));
    }

    private Base baseOf(@Nullable CheckpointInspection checkpoint) {
        long from = coveredLsn(checkpoint) + 1;
        return new Base(checkpoint, from, log == null ? from - 1 : log.reachFrom(from));
    }

    private static Base better(@Nullable Base one, Base other) {
        return one == null || other.stateLsn() > one.stateLsn() ? other : one;
    }
}
