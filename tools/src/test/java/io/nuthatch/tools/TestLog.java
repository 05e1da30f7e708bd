package io.nuthatch.tools;

import io.nuthatch.engine.Journal;
import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.wal.GroupCommitJournal;
import io.nuthatch.persistence.wal.LogFiles;
import io.nuthatch.persistence.wal.SegmentedLog;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Path;

/// A log as a server writes it, for the programs that read one.
public final class TestLog {
    /// Strings `key 0` to `key 9` with `value of 0` to `value of 9`, and the record of a close in order.
    public static final long RECORDS = 11;

    private TestLog() {}

    /// Writes it; returns its one file.
    public static Path write(Path folder) throws IOException {
        ToolClock clock = new ToolClock();
        MemoryAccount account = new MemoryAccount();
        try (FileStorage storage = FileStorage.open(folder)) {
            SegmentedLog log = new SegmentedLog(storage, account.counter("test", "reading"));
            LogFiles.End end = log.replay(0, (lsn, address, bytes) -> {});
            try (GroupCommitJournal journal = GroupCommitJournal.open(
                    log, end, GroupCommitJournal.Options.of(Journal.Policy.ALWAYS), clock, clock, account)) {
                EffectLog effects = new EffectLog(journal);
                for (int i = 0; i < RECORDS - 1; i++) {
                    Key key = Key.copyOf(ByteStrings.bytes("key " + i));
                    Key value = Key.copyOf(ByteStrings.bytes("value of " + i));
                    effects.putString(0, key.address(), key.length(), value.address(), value.length(), 0);
                    effects.commit();
                    Reference.reachabilityFence(key);
                    Reference.reachabilityFence(value);
                }
            }
        }
        if (account.total() != 0) {
            throw new AssertionError(account.total() + " bytes are left");
        }
        return folder.resolve("0000000000000000001.log");
    }
}
