package io.nuthatch.tools.check;

import io.nuthatch.persistence.check.Findings;
import io.nuthatch.persistence.check.FolderCheck;
import io.nuthatch.persistence.check.RepairPlan;
import io.nuthatch.persistence.checkpoint.CheckpointInspection;
import io.nuthatch.persistence.wal.LogInspection;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// What a check found and what a repair did, for people to read.
final class CheckReport {
    private static final int SHOWN_KEYS = 20;

    private final PrintWriter out;
    private final String logName;
    private final String checkpointsName;

    CheckReport(PrintWriter out, String logName, String checkpointsName) {
        this.out = out;
        this.logName = logName;
        this.checkpointsName = checkpointsName;
    }

    private void say(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
        out.flush();
    }

    private static Instant time(long epochSeconds) {
        return Instant.ofEpochSecond(epochSeconds);
    }

    // ---- What is there

    void found(Findings findings) {
        LogInspection log = findings.log();
        if (log == null) {
            say("%s: there is no log", logName);
        } else {
            log(log);
        }
        if (findings.discardedFromLsn() > 0) {
            say(
                    "  begins-%d: appendonly was being turned on when the server ended; the next start throws the records"
                            + " from %d on away, which no client was told are safe",
                    findings.discardedFromLsn(), findings.discardedFromLsn());
        }
        if (findings.checkpoints().isEmpty()) {
            say("%s: there is no checkpoint", checkpointsName);
        }
        findings.checkpoints().forEach(this::checkpoint);
    }

    private void log(LogInspection log) {
        say("%s: %,d files, %,d bytes, %,d records", logName, log.segments().size(), log.bytes(), log.records());
        for (LogInspection.Stretch stretch : log.stretches()) {
            say(
                    "  %s: records %d to %d, bytes %d to %d, written %s to %s",
                    stretch.file(),
                    stretch.firstLsn(),
                    stretch.lastLsn(),
                    stretch.offset(),
                    stretch.end(),
                    time(stretch.firstSeconds()),
                    time(stretch.lastSeconds()));
        }
        LogInspection.Torn torn = log.torn();
        if (torn != null) {
            say(
                    "  %s: from byte %d on torn by a crash, %,d bytes; nobody was told that they are safe, and the"
                            + " next start cuts them off",
                    torn.file(), torn.offset(), torn.bytes());
        }
    }

    private void checkpoint(CheckpointInspection checkpoint) {
        CheckpointInspection.Summary summary = checkpoint.summary();
        if (!checkpoint.hasManifest()) {
            say(
                    "%s: %d was begun and never whole (%d files); the next save clears it away",
                    checkpointsName, checkpoint.number(), checkpoint.names().size());
        } else if (summary == null) {
            say("%s: %d does not say what it holds", checkpointsName, checkpoint.number());
        } else {
            say(
                    "%s: %d is %s: %,d keys, %,d bytes, begun %s%s",
                    checkpointsName,
                    checkpoint.number(),
                    checkpoint.isWhole() ? "whole" : "damaged",
                    summary.keys(),
                    summary.bytes(),
                    Instant.ofEpochMilli(summary.savedMillis()),
                    summary.highestLsn() == 0
                            ? ""
                            : String.format(
                                    Locale.ROOT, "; needs the log from record %d on", summary.coveredLsn() + 1));
        }
    }

    void damages(List<Findings.Damage> damages) {
        if (damages.isEmpty()) {
            say("A server starts on this.");
            return;
        }
        say("A server does not start on this:");
        for (Findings.Damage damage : damages) {
            say("  %s: damaged at byte %d: %s", damage.file(), damage.offset(), damage.what());
        }
    }

    // ---- What becomes of it

    void planned(RepairPlan plan) {
        say("--repair would:");
        state(plan);
    }

    void repaired(FolderCheck.Repaired repaired) {
        say("Repaired:");
        state(repaired.plan());
        if (!repaired.lostKeys().isEmpty()) {
            say(
                    "  %,d of the lost records can be read; they change %,d keys and indexes:",
                    repaired.lostRecords(), repaired.lostKeys().size());
            repaired.lostKeys().stream().limit(SHOWN_KEYS).forEach(key -> say("    %s", key));
            if (repaired.lostKeys().size() > SHOWN_KEYS) {
                say("    ... and more, in %s/lost-keys.txt", repaired.copies());
            }
        }
        say("  copies of %d files as they were: %s", repaired.touched().size(), repaired.copies());
    }

    private void state(RepairPlan plan) {
        Findings.Base base = plan.base();
        CheckpointInspection kept = base.checkpoint();
        say(
                "  keep %s%s",
                kept == null ? "no checkpoint" : "checkpoint " + kept.number(),
                base.reachLsn() >= base.fromLsn()
                        ? " and records " + base.fromLsn() + " to " + base.reachLsn() + " of the log"
                        : " and no record of the log");
        if (plan.isForgettingGraphs()) {
            say("  leave the damaged graphs to the next start, which builds them anew; nothing of them is lost");
        }
        for (CheckpointInspection removed : plan.removed()) {
            say("  take checkpoint %d away", removed.number());
        }
        if (plan.lostToLsn() >= plan.lostFromLsn()) {
            say("  LOST: records %d to %d of the log", plan.lostFromLsn(), plan.lostToLsn());
        }
        if (plan.isLosingCheckpoint()) {
            say("  LOST: what was in the checkpoints that are taken away, and in no older one");
        }
        if (base.isMixed()) {
            say("  LOST: the log that brings the checkpoint's hash slots to one moment; keys of different slots"
                    + " are as they were at different moments");
        }
        if (!plan.isLosing()) {
            say("  nothing is lost");
        }
    }
}
