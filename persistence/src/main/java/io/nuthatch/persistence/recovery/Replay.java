package io.nuthatch.persistence.recovery;

import io.nuthatch.engine.document.Indexes;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.checkpoint.Checkpoints;
import io.nuthatch.persistence.wal.LogFiles;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The records of a log done again by several threads, with the outcome that one would have.
///
/// The thread that reads the log checks its records and looks which keys they are about; a copy goes to each
/// thread that has one of their stripes as its share, which applies the effects on its own keys
/// ([RecordApplier]). So all effects of a key are applied by one thread, in the order of the log. That is all
/// the order there is to keep between keys: an effect says what is and never refers to what another key holds
/// (RENAME is a removal and a value), and nobody sees a transaction that is done in part.
///
/// What a record says of databases or indexes is about all keys: such a record, as a whole, is applied by the
/// reading thread when the others have caught up, and they get nothing before it is done. So is one that is
/// too large for a batch, which bounds what is in memory to a megabyte for each thread.
///
/// Which documents get which ordinals, and how a graph comes to be linked, is a matter of chance, as with
/// clients that write at the same time.
///
/// When a record cannot be applied, the others still do what comes before it: the one that is reported is the
/// first.
///
/// One thread, the one that reads the log.
public final class Replay implements LogFiles.Visitor, AutoCloseable {
    private final RecordApplier everything;
    private final RecordRoute route;
    private final ReplayFailure failure = new ReplayFailure();
    private final List<ReplayWorker> workers = new ArrayList<>();
    private long records;

    /// `checkpoint`: what the keyspace and the indexes hold; null for nothing. `threads`: how many apply, 1
    /// for the reading thread alone; more than [RecordRoute#MAX_THREADS] would only wait for it. `counter`
    /// counts what is on its way to them.
    public Replay(
            Keyspace keyspace,
            Indexes indexes,
            Checkpoints.@Nullable Saved checkpoint,
            int threads,
            MemoryAccount.Counter counter) {
        int count = Math.clamp(threads, 1, RecordRoute.MAX_THREADS);
        everything = new RecordApplier(keyspace, indexes, checkpoint, ReplayShare.ALL);
        route = new RecordRoute(keyspace.stripes(), checkpoint, count);
        for (int i = 0; count > 1 && i < count; i++) {
            RecordApplier applier = new RecordApplier(keyspace, indexes, checkpoint, new ReplayShare(i, count));
            workers.add(new ReplayWorker(i, applier, failure, counter));
        }
    }

    /// Records that were given.
    public long records() {
        return records;
    }

    @Override
    public void record(long lsn, long address, int bytes) {
        records++;
        if (failure.isThere()) {
            end();
        }
        try {
            give(lsn, address, bytes);
        } catch (RuntimeException cause) {
            failure.add(lsn, cause);
            end();
        }
    }

    private void give(long lsn, long address, int bytes) {
        if (workers.isEmpty()) {
            everything.apply(lsn, address, bytes);
            return;
        }
        route.look(lsn, address, bytes);
        if (route.isAboutAll() || !RecordBatch.mayHold(bytes)) {
            drain();
            if (!failure.isThere()) {
                everything.apply(lsn, address, bytes);
            }
            return;
        }
        for (int left = route.concerned(); left != 0; left &= left - 1) {
            workers.get(Integer.numberOfTrailingZeros(left)).add(lsn, address, bytes);
        }
    }

    private void drain() {
        workers.forEach(ReplayWorker::flush);
        workers.forEach(ReplayWorker::drain);
    }

    /// Returns when all that was given is applied. Throws [IllegalStateException] with the first record that
    /// could not be.
    @Override
    public void end() {
        drain();
        failure.rethrow();
    }

    @Override
    public void close() {
        workers.forEach(ReplayWorker::close);
    }
}
