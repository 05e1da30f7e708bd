package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.Filter;
import io.nuthatch.engine.hnsw.Hits;
import io.nuthatch.engine.hnsw.IndexClosedException;
import io.nuthatch.engine.hnsw.Knn;
import io.nuthatch.engine.query.QueryNode;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.recall.RecallCheck;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.BitSetUtil;
import org.roaringbitmap.RoaringBitmap;

/// A KNN search that was answered, with what it takes to tell how good the answer was.
///
/// What is compared: the documents that are as they were when the search began, by the index's [ChangeLog].
/// Of an answer of `n` documents, `lost` have changed since; the exact answer among the unchanged ones is
/// then their nearest `n - lost`, and a document of the answer that is no farther than the last of those is a
/// hit, ties included. A perfect answer comes out as 1 whatever was written meanwhile; when more than half of
/// the answer changed, or the log does not reach back, the sample says nothing and is dropped as stale.
///
/// Where a recall was asked for, the same query then climbs the widths of [FieldRecall#rungs], each compared
/// with the exact answer of this moment: a wider walk than the first that finds everything finds everything.
///
/// Threads: one; it holds no stripe and no lock at its beginning and end.
final class RecallSample implements RecallCheck {
    /// Ranges of the answer that differ by less are ties: the kernels for one row and for eight round
    /// differently.
    private static final double TIE = 1e-6;

    private static final int CHANGES_MAX = 1024; // More would make the exact search a sort.
    private static final int FIXED_BYTES = 500;
    private static final int NODE_BYTES = 100;

    private final SearchIndex index;
    private final IndexField field;
    private final IndexField.VectorField vector;
    private final FieldRecall recall;
    private final SearchRequest request;
    private final byte[] query;
    private final VectorOptions options;
    private final Width width;
    private final Hits answer;
    private final long version;
    private final long atNanos;

    /// @param version the index's before the search looked at anything
    RecallSample(
            SearchIndex index,
            IndexField field,
            IndexField.VectorField vector,
            FieldRecall recall,
            SearchRequest request,
            byte[] query,
            VectorOptions options,
            Width width,
            Hits answer,
            long version) {
        this.index = index;
        this.field = field;
        this.vector = vector;
        this.recall = recall;
        this.request = request;
        this.query = query;
        this.options = options;
        this.width = width;
        this.answer = answer;
        this.version = version;
        this.atNanos = recall.live().clock().nanoTime();
    }

    @Override
    public int bytes() {
        long bytes = FIXED_BYTES + 12L * answer.size() + bytes(request.query().filter());
        for (byte[] parameter : request.query().parameters().values()) {
            bytes += parameter.length;
        }
        return (int) Math.min(Integer.MAX_VALUE, bytes);
    }

    private static long bytes(QueryNode node) {
        return switch (node) {
            case QueryNode.And and -> bytes(and.children());
            case QueryNode.Or or -> bytes(or.children());
            case QueryNode.Not not -> NODE_BYTES + bytes(not.child());
            case QueryNode.Optional optional -> NODE_BYTES + bytes(optional.child());
            case QueryNode.Tag tag ->
                NODE_BYTES
                        + tag.values().stream()
                                .mapToLong(value -> NODE_BYTES + value.text().length())
                                .sum();
            case QueryNode.Phrase phrase -> NODE_BYTES * (1L + phrase.terms().size());
            default -> NODE_BYTES;
        };
    }

    private static long bytes(List<QueryNode> nodes) {
        return NODE_BYTES + nodes.stream().mapToLong(RecallSample::bytes).sum();
    }

    @Override
    public boolean isUrgent() {
        return isAsked();
    }

    private boolean isAsked() {
        return width.asked() > 0 && !width.isExact();
    }

    @Override
    public long atNanos() {
        return atNanos;
    }

    /// The documents as they are now, and those that changed since the search.
    private record Present(Filter matches, RoaringBitmap unchanged, int changed) {}

    @Override
    public Outcome run(long deadlineNanos) {
        int slot = index.space().ordinals().enter();
        try {
            Present present = present(deadlineNanos);
            return present == null ? Outcome.STALE : compare(present, deadlineNanos);
        } catch (IndexClosedException | Pace.DroppedException dropped) {
            return Outcome.STALE;
        } catch (Pace.OutOfTimeException late) {
            return Outcome.GIVEN_UP;
        } finally {
            index.space().ordinals().leave(slot);
        }
    }

    /// Null when too much has changed.
    private @Nullable Present present(long deadlineNanos) {
        Lock lock = index.space().lock().readLock();
        lock.lock();
        try {
            if (index.isDropped()) {
                return null;
            }
            Pace pace = new Pace(index, recall.live().clock(), deadlineNanos, true);
            Matcher matcher = new Matcher(index, request.verbatim(), request.inFields(), Map.of(), pace);
            QueryNode filter = request.query().filter();
            RoaringBitmap matches = RoaringBitmap.and(matcher.match(filter), field.withVector());
            matches.and(index.documents());
            RoaringBitmap changed = index.changes().since(version); // Those of a rest in the matching, too.
            if (changed == null || changed.getCardinality() > CHANGES_MAX) {
                return null;
            }
            return new Present(
                    new Filter(BitSetUtil.toLongArray(matches), matches.getCardinality()),
                    RoaringBitmap.andNot(matches, changed),
                    RoaringBitmap.andCardinality(matches, changed));
        } finally {
            lock.unlock();
        }
    }

    private Outcome compare(Present present, long deadlineNanos) {
        int kept = 0;
        for (int ordinal : answer.ordinals()) {
            kept += present.unchanged.contains(ordinal) ? 1 : 0;
        }
        int wanted = Math.min(kept, present.unchanged.getCardinality());
        if (wanted == 0 || 2 * kept < answer.size()) {
            return Outcome.STALE;
        }
        try (Arena arena = Arena.ofConfined()) {
            long address = SchemaCheck.copy(arena, query);
            Knn exact = Knn.of(answer.size() + present.changed)
                    .withFilter(present.matches)
                    .withDeadline(deadlineNanos);
            Hits truth = vector.index().exact(address, exact);
            if (truth.isCut()) {
                return Outcome.GIVEN_UP;
            }
            double[] distances = unchanged(truth, present);
            if (distances.length == 0) {
                return Outcome.STALE;
            }
            wanted = Math.min(wanted, distances.length);
            double last = distances[wanted - 1];
            int hits = 0;
            for (int i = 0; i < answer.size(); i++) {
                boolean isHit = isWithin(answer.distances()[i], last);
                hits += isHit && present.unchanged.contains(answer.ordinals()[i]) ? 1 : 0;
            }
            recall.measured(width.band(), effectiveEf(), Math.min(1, (double) hits / wanted));
            if (isAsked()) {
                climb(address, truth, present, deadlineNanos);
            }
            return Outcome.MEASURED;
        }
    }

    private static double[] unchanged(Hits truth, Present present) {
        double[] distances = new double[truth.size()];
        int count = 0;
        for (int i = 0; i < truth.size(); i++) {
            if (present.unchanged.contains(truth.ordinals()[i])) {
                distances[count++] = truth.distances()[i];
            }
        }
        return Arrays.copyOf(distances, count);
    }

    private static boolean isWithin(double distance, double last) {
        return distance <= last + TIE * Math.max(1e-3, Math.abs(last));
    }

    private int effectiveEf() {
        if (answer.plan() == Hits.Plan.WALK) {
            return width.ef() == 0 ? vector.type().efRuntime() : width.ef();
        }
        return 0;
    }

    /// Tries every width with this query, up to the first that finds everything.
    private void climb(long address, Hits truth, Present present, long deadlineNanos) {
        int k = answer.size();
        int[] efs = recall.rungs(width.band(), k);
        if (efs == null || truth.size() < k) {
            return;
        }
        double last = truth.distances()[k - 1];
        boolean isFiltered = !(request.query().filter() instanceof QueryNode.All);
        double[] recalls = new double[efs.length];
        Arrays.fill(recalls, 1);
        for (int i = 0; i < efs.length; i++) {
            Knn knn = new Knn(
                    k, efs[i], isFiltered ? present.matches : null, options.policy(), deadlineNanos, options.rescore());
            Hits hits = vector.index().search(address, knn);
            if (hits.isCut()) {
                return;
            }
            int found = 0;
            while (found < hits.size() && isWithin(hits.distances()[found], last)) {
                found++;
            }
            recalls[i] = Math.min(1, (double) found / k);
            if (found >= k || hits.plan() != Hits.Plan.WALK) { // All of it, or the scan takes over from here on.
                break;
            }
        }
        recall.climbed(width.band(), k, recalls, vector.index().size());
    }
}
