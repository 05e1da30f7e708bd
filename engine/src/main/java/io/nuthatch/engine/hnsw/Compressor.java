package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.CodeScorer;
import io.nuthatch.engine.vector.Codes;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Quantizer;
import io.nuthatch.engine.vector.Rows;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Gives a graph's walks compact codes in place of rows, and trains them anew when the data has moved.
///
/// A graph begins on exact rows. Links do not depend on what distances were measured by, so codes can come
/// and go under it, a slice at a time:
/// 1. A quantizer is trained on a sample, and the empty codes are announced as [Coding#also]: insertions
///    write both.
/// 2. Insertions that began before and know nothing of it are waited for.
/// 3. Every linked node is coded. Those that are being linked now code themselves.
/// 4. The new codes become what new operations walk by; insertions still write the old ones, for the walks
///    that use them.
/// 5. When those walks have left, the old codes are forgotten and their memory freed behind the last
///    insertion that may write to it.
///
/// So whoever walks by codes finds one for every node that a link or the state LIVE shows to it.
///
/// Between 3 and 4, and again whenever the index has grown by half, [Resolution] judges the codes. If they
/// cannot tell these vectors apart they are taken back the same way, walks go by rows, and what was linked by
/// codes is linked anew ([Relinking]). Codes are tried again when the index has grown by half.
///
/// Threads: [#step] under the index's `consolidating` lock, and never while a consolidation is running, whose
/// freed ordinals would change under step 3; [#coding] and [#code] from any operation.
final class Compressor implements AutoCloseable {
    /// Vectors in the index when codes are trained first: enough for a center, and few enough that building
    /// goes by codes nearly from the start.
    static final int TRAIN_AT = 1000;

    private static final int SAMPLE_MAX = 8192;
    private static final int CODED_A_SLICE = 512;
    private static final int ORDINALS_A_LOOK = 1 << 16;
    private static final int WINDOW = 512; // Insertions over which drift is averaged.
    private static final float DRIFT_CAP = 100; // A few wild vectors are no drift.

    private enum Phase {
        IDLE,
        AWAIT_INSERTIONS,
        CODE,
        AWAIT_WALKS
    }

    /// What operations that begin now go by.
    ///
    /// @param walked scores walks; null for exact rows
    /// @param also further codes that an insertion has to write
    record Coding(@Nullable CodeScorer walked, @Nullable CodeScorer also) {
        static final Coding NONE = new Coding(null, null);
    }

    private final Compression compression;
    private final boolean isWorthwhile; // Codes of a few dimensions take as many lines as the rows.
    private final Metric metric;
    private final Rows rows;
    private final States states;
    private final Readers readers;
    private final Resolution resolution;
    private final Relinking relinking;
    private final MemoryAccount account;
    private final String owner;
    private volatile Coding coding = Coding.NONE;

    // Guarded by the index's `consolidating` lock.
    private volatile Phase phase = Phase.IDLE; // Read without.
    private int cursor;
    private long epoch;

    private volatile int trainings;
    private volatile int judgedAt; // How many vectors there were.
    private volatile boolean isRefused;

    // Guarded by this.
    private double windowSum;
    private int windowCount;
    private volatile long codedSinceTraining;
    private volatile float drift = 1;

    Compressor(
            Compression compression,
            Metric metric,
            Rows rows,
            States states,
            Resolution resolution,
            Relinking relinking,
            Readers readers,
            MemoryAccount account,
            String owner) {
        this.compression = compression;
        this.isWorthwhile =
                compression != Compression.NONE && Codes.strideBytes(compression, rows.dim()) < rows.strideBytes();
        this.metric = metric;
        this.rows = rows;
        this.states = states;
        this.readers = readers;
        this.resolution = resolution;
        this.relinking = relinking;
        this.account = account;
        this.owner = owner;
    }

    /// To be read inside the reclaim epoch.
    Coding coding() {
        return coding;
    }

    /// How far the vectors of late are from what the codes were trained on; see [Quantizer#DRIFT_MAX]. 1
    /// without codes.
    float drift() {
        return drift;
    }

    int trainings() {
        return trainings;
    }

    /// Whether there is work for [#step], given how many vectors the index has.
    boolean isWanted(int size) {
        if (phase != Phase.IDLE) {
            return true;
        }
        return isWorthwhile && size >= TRAIN_AT && (isTrainingWanted(size) || hasGrown(size));
    }

    private boolean isTrainingWanted(int size) {
        return coding.walked == null ? !isRefused || hasGrown(size) : hasMoved(size);
    }

    private boolean hasGrown(int size) {
        return size >= judgedAt + judgedAt / 2;
    }

    /// Data that will never fit one center must not be coded again and again: only when much is new.
    private boolean hasMoved(int size) {
        return drift > Quantizer.DRIFT_MAX && codedSinceTraining >= Math.max(size / 4, TRAIN_AT);
    }

    CodeUse use() {
        if (isRefused) {
            return CodeUse.REFUSED;
        }
        return coding.walked == null ? CodeUse.NONE : CodeUse.WALKED;
    }

    boolean isRunning() {
        return phase != Phase.IDLE;
    }

    /// Writes the codes of an ordinal that is about to be linked. The searcher is the one that will link it:
    /// bound to [#coding], inside the reclaim epoch.
    void code(Searcher s, int ordinal) {
        Coding present = s.coding();
        if (present.walked != null) {
            watch(present.walked.codes().put(ordinal, s.codingScratch()));
        }
        if (present.also != null) {
            present.also.codes().put(ordinal, s.codingScratch());
        }
    }

    private void watch(float distance) {
        synchronized (this) {
            codedSinceTraining = codedSinceTraining + 1;
            windowSum += Math.min(distance, DRIFT_CAP);
            if (++windowCount == WINDOW) {
                drift = (float) (windowSum / WINDOW);
                windowSum = 0;
                windowCount = 0;
            }
        }
    }

    /// Begins with codes that were trained before, for a graph that nobody uses yet; the caller fills them.
    Codes restore(Quantizer quantizer) {
        assert coding == Coding.NONE : "codes are there already";
        Codes codes = new Codes(rows, quantizer, account, owner);
        coding = new Coding(new CodeScorer(codes), null);
        trainings = 1;
        return codes;
    }

    /// Does a slice; returns whether there is more.
    boolean step(Searcher s, int size) {
        switch (phase) {
            case IDLE -> {
                if (isWanted(size)) {
                    if (isTrainingWanted(size)) {
                        train(size);
                    } else {
                        judge(s, size);
                    }
                }
            }
            case AWAIT_INSERTIONS -> {
                if (hasPassed(s)) {
                    cursor = 0;
                    phase = Phase.CODE;
                }
            }
            case CODE -> codeSome(s, size);
            case AWAIT_WALKS -> {
                if (hasPassed(s)) {
                    CodeScorer former = Objects.requireNonNull(coding.also);
                    coding = new Coding(coding.walked, null);
                    readers.retireMemory(former.codes()::close);
                    phase = Phase.IDLE;
                }
            }
        }
        return phase != Phase.IDLE;
    }

    private boolean hasPassed(Searcher s) {
        assert s.reclaimEpoch > epoch : "a reader waits for itself";
        if (readers.hasPassed(epoch)) {
            return true;
        }
        LockSupport.parkNanos(20_000);
        return false;
    }

    private void train(int size) {
        int[] sample = new int[SAMPLE_MAX];
        int count = 0;
        int seen = 0;
        int stride = size / SAMPLE_MAX + 1;
        int limit = states.limit();
        for (int ordinal = 0; ordinal < limit && count < SAMPLE_MAX; ordinal++) {
            if (states.of(ordinal) == States.LIVE && seen++ % stride == 0) {
                sample[count++] = ordinal;
            }
        }
        Quantizer quantizer = Quantizer.train(compression, metric, rows, sample, count);
        synchronized (this) {
            windowSum = 0;
            windowCount = 0;
            codedSinceTraining = 0;
            drift = 1;
        }
        coding = new Coding(coding.walked, new CodeScorer(new Codes(rows, quantizer, account, owner)));
        epoch = readers.advance();
        phase = Phase.AWAIT_INSERTIONS;
    }

    private void codeSome(Searcher s, int size) {
        CodeScorer fresh = Objects.requireNonNull(coding.also);
        s.bind(coding); // For the scratch of the new codes.
        int end = (int) Math.min(states.limit(), (long) cursor + ORDINALS_A_LOOK);
        for (int coded = 0; cursor < end && coded < CODED_A_SLICE; cursor++) {
            int state = states.of(cursor);
            assert state != States.DOOMED : "ordinal " + cursor + " is doomed while codes are made";
            if (state == States.LIVE || state == States.TOMBSTONE) {
                fresh.codes().put(cursor, s.codingScratch());
                coded++;
            }
        }
        if (cursor < states.limit()) {
            return;
        }
        CodeScorer former = coding.walked;
        judgedAt = size;
        isRefused = !resolution.isEnough(s, fresh, size);
        trainings++;
        if (isRefused) {
            coding = new Coding(null, former);
            readers.retireMemory(fresh.codes()::close);
            if (former != null) {
                relinking.request();
            }
        } else {
            coding = new Coding(fresh, former);
        }
        awaitWalks();
    }

    private void judge(Searcher s, int size) {
        CodeScorer walked = Objects.requireNonNull(coding.walked);
        judgedAt = size;
        if (!resolution.isEnough(s, walked, size)) {
            isRefused = true;
            coding = new Coding(null, walked);
            relinking.request();
            awaitWalks();
        }
    }

    private void awaitWalks() {
        if (coding.also == null) {
            phase = Phase.IDLE;
        } else {
            epoch = readers.advance();
            phase = Phase.AWAIT_WALKS;
        }
    }

    /// When no reader is left; closing what [#step] closed is harmless.
    @Override
    public void close() {
        Coding last = coding;
        coding = Coding.NONE;
        if (last.walked != null) {
            last.walked.codes().close();
        }
        if (last.also != null) {
            last.also.codes().close();
        }
    }
}
