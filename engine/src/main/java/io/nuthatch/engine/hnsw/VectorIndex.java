package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An index of the vectors of one field, by the ordinals of a shared [Rows].
///
/// Life of an ordinal: the owner puts the row, calls [#add] (searchable on return), later [#remove] (never
/// returned by a search that starts after the return) and keeps row and ordinal as they are until the index
/// calls `released(ordinal)`, once no search can read it any more; from then on both may be used again. An
/// update is a new ordinal added, then the old one removed. `released` is called from an index thread, from
/// [#consolidateNow] or not at all after [#close]; it must not call back into the index while holding a lock
/// that a caller of [#add] or [#remove] may hold.
///
/// Threads: any number of searches, additions and removals at once; only calls about the same ordinal are the
/// caller's to order. After [#close] every call throws [IndexClosedException]; a search under way finishes or
/// throws it.
public sealed interface VectorIndex extends AutoCloseable permits FlatIndex, HnswIndex {
    Rows rows();

    Metric metric();

    /// Vectors that a search can find now.
    int size();

    /// Vectors that wait in the buffer for their place in the graph; searches see them all the same.
    int lag();

    /// Whether a writer may go on. One that can wait should, while too many vectors wait for the graph: until
    /// then, [#add] takes whatever comes, and links it in the caller's thread when there are many thousands.
    /// Cheap.
    boolean hasRoom();

    /// Makes row `ordinal` searchable; the row is complete and the ordinal is not in the index.
    void add(int ordinal);

    /// Returns false, and does nothing, when the ordinal is not in the index.
    boolean remove(int ordinal);

    boolean contains(int ordinal);

    /// The `knn.k()` nearest, or all when fewer match; `query` is the address of `dim` components in the
    /// rows' type, not kept, finite.
    Hits search(long query, Knn knn);

    /// As above, for a query of `dim` floats, rounded to the rows' type.
    Hits search(float[] query, Knn knn);

    /// As [#search], but every match is compared, by its row: of `knn`, `ef`, `policy` and `rescore` are of
    /// no consequence.
    Hits exact(long query, Knn knn);

    /// All within `radius` (inclusive), nearest first; exact for FLAT. `epsilon` widens the walk's boundary
    /// to `radius * (1 + epsilon)`, negative for the index's default. `filter` null for all. `deadlineNanos`
    /// as in [Knn].
    Hits range(long query, double radius, double epsilon, @Nullable Filter filter, long deadlineNanos);

    /// The distance from the query to a row in use, as [#search] would give it.
    double distance(long query, int ordinal);

    /// Relinks around everything removed before this call and releases it, waiting for the searches under
    /// way.
    void consolidateNow();

    IndexStats stats();

    /// What is wrong with the index's structure, in words; empty when nothing is. For tests and checks at
    /// rest: it reads every link, and additions at the same time may show as faults.
    List<String> invariants();

    /// Waits for searches and insertions under way and gives the index's memory back; the rows stay, they are
    /// not its own.
    @Override
    void close();
}
