package io.nuthatch.engine;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// What is not worth memory: exact rows, documents and the postings of centroids, kept on disk.
///
/// `store` names an index's vector store, or the keyspace for documents; ids and centroids are dense and not
/// negative. A read sees every write that returned before it began. Nothing here is durable by itself: the
/// [Journal] is, and [#flushedLsn] says from where it must be replayed. Thread-safe.
public interface ColdStore extends Closeable {
    /// Stores `value` under `id`, over what was there; `lsn` is the effect's number in the journal.
    void put(int store, long id, MemorySegment value, long lsn) throws IOException;

    /// Copies the value of `id` into `into` and returns its length in bytes; -1 when there is none. When the
    /// length is more than `into` holds nothing is copied.
    long get(int store, long id, MemorySegment into) throws IOException;

    /// Reads `ids.length` values at once, spread over the store's reader threads: value `i` goes to row `i`
    /// of `rows`, which starts at byte `i * strideBytes`; `lengths[i]` is its length in bytes or -1.
    void getAll(int store, long[] ids, MemorySegment rows, long strideBytes, int[] lengths) throws IOException;

    /// Forgets `id`; nothing happens when it is not there.
    void remove(int store, long id, long lsn) throws IOException;

    /// Replaces the posting list of `centroid`.
    void putPosting(int store, int centroid, MemorySegment posting, long lsn) throws IOException;

    /// Copies the posting list of `centroid` into `into`; the return value is as that of [#get].
    long getPosting(int store, int centroid, MemorySegment into) throws IOException;

    /// Drops everything of `store`; its space comes back in the background.
    void drop(int store, long lsn) throws IOException;

    /// Every effect up to this LSN is on disk here.
    long flushedLsn();
}
