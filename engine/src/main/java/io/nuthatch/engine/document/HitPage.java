package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.Hits;
import io.nuthatch.engine.query.Query;
import io.nuthatch.engine.query.QueryNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// The matches of a search, what they are ordered by, and the hits of the page that was asked for.
///
/// Matches stand side by side in arrays, by their number here: ordinals, distances, scores, and the values of
/// the field that SORTBY names. Only the page's become objects. Threads: one.
final class HitPage {
    private final SearchIndex index;
    private final Documents source;
    private final SearchRequest request;
    private final List<String> distanceNames;
    private final List<QueryNode.VectorRange> named;
    private final Map<QueryNode.VectorRange, VectorRangeHits> ranges;
    private final Lock lock; // The space's read lock.
    private int[] ordinals = new int[0];
    private int count;
    private double[] distances = new double[0]; // To the KNN's vector; empty without one.
    private double[] scores = new double[0]; // Empty until somebody scores.
    private double[] numbers = new double[0]; // What SORTBY orders by, NaN for none: this or the next.
    private @Nullable String[] texts = new String[0];

    /// `distanceNames`: the KNN's first if there is one, then those of `named` in their order.
    HitPage(
            SearchIndex index,
            Documents source,
            SearchRequest request,
            List<String> distanceNames,
            List<QueryNode.VectorRange> named,
            Map<QueryNode.VectorRange, VectorRangeHits> ranges) {
        this.index = index;
        this.source = source;
        this.request = request;
        this.distanceNames = distanceNames;
        this.named = named;
        this.ranges = ranges;
        this.lock = index.space().lock().readLock();
    }

    // --- Matches; under the space's read lock -----------------------------------------------------------------------

    /// Takes those neighbours that are documents now; returns how many.
    int addDocuments(Hits hits) {
        ordinals = new int[hits.size()];
        distances = new double[hits.size()];
        for (int i = 0; i < hits.size(); i++) {
            if (index.contains(hits.ordinals()[i])) {
                ordinals[count] = hits.ordinals()[i];
                distances[count] = hits.distances()[i];
                count++;
            }
        }
        return count;
    }

    void add(int[] matches) {
        ordinals = matches;
        count = matches.length;
    }

    int ordinal(int match) {
        return ordinals[match];
    }

    /// The scores of all matches, to be filled in.
    double[] scores() {
        scores = new double[count];
        return scores;
    }

    void score(IntToDoubleFunction scorer) {
        double[] all = scores();
        for (int i = 0; i < all.length; i++) {
            all[i] = scorer.applyAsDouble(ordinals[i]);
        }
    }

    /// Reads what SORTBY names, where the index or the query holds it.
    void readSortKeys(Pace pace) {
        SearchRequest.SortBy sortBy = request.sortBy();
        if (sortBy == null || isSortedByLoading()) {
            return;
        }
        int distance = distanceNames.indexOf(sortBy.field());
        IndexField field = index.field(sortBy.field());
        NumericPostings values = field == null ? null : field.numbers();
        SortColumn column = field == null ? null : field.sortColumn();
        if (distance >= 0 || values != null) {
            numbers = new double[count];
            Arrays.fill(numbers, Double.NaN);
            for (int i = 0; i < count; i++) {
                pace.stepAndRest();
                numbers[i] =
                        distance >= 0 ? distance(i, distance) : values == null ? Double.NaN : values.get(ordinals[i]);
            }
        } else if (column != null) {
            texts = new String[count];
            for (int i = 0; i < count; i++) {
                pace.stepAndRest();
                texts[i] = column.get(ordinals[i]);
            }
        }
    }

    /// Whether the order asks for a field whose values are in the hashes only.
    private boolean isSortedByLoading() {
        SearchRequest.SortBy sortBy = request.sortBy();
        if (sortBy == null || distanceNames.contains(sortBy.field())) {
            return false;
        }
        IndexField field = index.field(sortBy.field());
        return field != null && field.numbers() == null && field.sortColumn() == null;
    }

    /// Leaves out what is no document any more.
    void dropVanished() {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (index.contains(ordinals[i])) {
                ordinals[kept] = ordinals[i];
                if (scores.length > 0) {
                    scores[kept] = scores[i];
                }
                if (numbers.length > 0) {
                    numbers[kept] = numbers[i];
                }
                if (texts.length > 0) {
                    texts[kept] = texts[i];
                }
                kept++;
            }
        }
        count = kept;
    }

    // --- The page ---------------------------------------------------------------------------------------------------

    /// The page in the order that was asked for. The caller holds no lock: stripes may be taken.
    SearchResult result(Pace pace, boolean isCutBefore) {
        boolean isCut = isCutBefore;
        if (isSortedByLoading()) {
            isCut |= !loadSortKeys(pace);
        }
        return new SearchResult(count, hits(order(), request.offset()), distanceNames, isCut);
    }

    /// The matches as they are, as the page of an unordered result of `total`.
    SearchResult unordered(int total, boolean isCut) {
        return new SearchResult(total, hits(Ranking.asFound(count, count), 0), distanceNames, isCut);
    }

    /// Returns whether there was time for all.
    private boolean loadSortKeys(Pace pace) {
        SearchRequest.SortBy sortBy = request.sortBy();
        IndexField field = sortBy == null ? null : index.field(sortBy.field());
        assert field != null;
        texts = new String[count];
        for (int i = 0; i < count && field != null; i++) {
            if (pace.isLate()) {
                return false;
            }
            byte[] key = key(ordinals[i]);
            String value = key == null ? null : source.field(key, field.spec().identifier());
            texts[i] =
                    value == null ? null : SortColumn.normal(value, field.spec().has(FieldSpec.Flag.UNF));
        }
        return true;
    }

    private byte @Nullable [] key(int ordinal) {
        lock.lock();
        try {
            return index.contains(ordinal) ? index.space().key(ordinal) : null;
        } finally {
            lock.unlock();
        }
    }

    private int[] order() {
        int limit = (int) Math.min(count, (long) request.offset() + request.limit());
        SearchRequest.SortBy sortBy = request.sortBy();
        boolean ascending = sortBy == null || sortBy.ascending();
        if (texts.length > 0) {
            return Ranking.byText(texts, count, ascending, limit);
        }
        if (numbers.length > 0) {
            return Ranking.byNumber(numbers, count, ascending, limit);
        }
        if (distances.length == 0 && scores.length > 0) {
            return Ranking.byScore(scores, count, limit);
        }
        return Ranking.asFound(count, limit); // Neighbours come nearest first.
    }

    private List<SearchResult.Hit> hits(int[] order, int from) {
        List<SearchResult.Hit> hits = new ArrayList<>(Math.max(0, order.length - from));
        lock.lock();
        try {
            for (int i = from; i < order.length; i++) {
                int match = order[i];
                double[] all = new double[distanceNames.size()];
                for (int number = 0; number < all.length; number++) {
                    all[number] = distance(match, number);
                }
                hits.add(new SearchResult.Hit(
                        index.space().key(ordinals[match]),
                        scores.length == 0 ? 0 : scores[match],
                        all,
                        sortKey(match)));
            }
        } finally {
            lock.unlock();
        }
        return hits;
    }

    private SearchResult.@Nullable SortKey sortKey(int match) {
        if (texts.length > 0) {
            String text = texts[match];
            return text == null ? null : new SearchResult.SortKey(0, text);
        }
        if (numbers.length > 0) {
            return Double.isNaN(numbers[match]) ? null : new SearchResult.SortKey(numbers[match], null);
        }
        return null;
    }

    /// The distance that is returned under name `number`; NaN where there is none.
    private double distance(int match, int number) {
        Query.Knn knn = request.query().knn();
        int rangeNumber = number;
        if (knn != null) {
            if (number == 0) {
                return distances.length == 0 ? Double.NaN : distances[match];
            }
            rangeNumber--;
        }
        VectorRangeHits hits = ranges.get(named.get(rangeNumber));
        return hits == null ? Double.NaN : hits.distance(ordinals[match]);
    }
}
