package io.nuthatch.persistence.wal;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.Journal.Policy;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.MemoryAccount;
import java.util.List;

/// A journal over any log whose thread is the test.
public final class SteppedJournal implements JournalFaultSuite.Opened {
    private final GroupCommitJournal journal;
    private final LogFiles files;
    private final List<byte[]> recovered;

    /// Goes on behind `end`, before which `recovered` was read back.
    public SteppedJournal(
            LogFiles files,
            LogFiles.End end,
            List<byte[]> recovered,
            Policy policy,
            long segmentBytes,
            NanoClock nanoClock,
            MemoryAccount account) {
        this.files = files;
        this.recovered = recovered;
        this.journal = new GroupCommitJournal(
                files,
                end,
                new GroupCommitJournal.Options(policy, segmentBytes, 1 << 20),
                () -> 1_700_000_000_000L,
                nanoClock,
                account);
    }

    @Override
    public Journal journal() {
        return journal;
    }

    @Override
    public List<byte[]> recovered() {
        return recovered;
    }

    @Override
    public LogCursor cursor(long lsn) {
        return files.cursor(lsn);
    }

    @Override
    public void step() {
        journal.step();
    }

    /// Lets everything go, as a crash does.
    public void abandon() {
        journal.abandon();
    }
}
