package io.nuthatch.engine;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// What is not worth memory: exact rows, documents and the postings of centroids, kept on disk.
///
/// Values are grouped by spaces, numbers that the caller gives and keeps (an index's vectors, the keyspace),
/// and within a space by kind: rows, documents and postings of one number have nothing to do with each other.
///
/// **What survives.** A [#flush] makes the store as it is then something to come back to, exactly; the one
/// who opens the store says to which flush. Values put since then are gone after a crash and also after
/// [#close], and values replaced, removed or dropped since then are back. So a checkpoint flushes, names the
/// flush in its manifest, and forgets older flushes when that manifest is whole: it may refer to values
/// instead of holding them, whenever the server dies; the log behind it repeats the rest, and no write here
/// needs a record of its own. What ran beside a flush is in it or not, one call at a time. Space of what was
/// removed comes back when the flushes that know it are forgotten.
///
/// A read sees every write that returned before it began. An [IOException] names the store's file or the
/// space and id; a write that threw has changed nothing, and may be tried again when there is room.
/// Thread-safe, but for [#close], after which nothing may be called. Segments are native memory.
public interface ColdStore extends Closeable {
    /// Bytes of the longest value.
    int VALUE_BYTES_MAX = 512 << 20;

    /// The rows of `space`, which its owner keeps (asking again may wait for a flush), all of `rowBytes`
    /// bytes, 1 or more; ids up to [Integer#MAX_VALUE] - 1, dense. Throws [IllegalArgumentException] when the
    /// space's rows have another size.
    Values rows(int space, int rowBytes) throws IOException;

    /// The documents of `space`, of any length.
    Values documents(int space) throws IOException;

    /// The posting lists of `space`, by centroid.
    Postings postings(int space) throws IOException;

    /// What was read and written of one kind of values since the store was opened.
    ColdTraffic traffic(Kind kind);

    /// Drops everything of `space`. Whoever has its values does not use them any more; the number may be
    /// used anew. As [#rows] and its like, it waits for a flush under way.
    void drop(int space) throws IOException;

    /// Makes all that returned before safe from a loss of power, as flush `number`, which is 0 or more and
    /// higher than all before. Older flushes stay. One flush at a time; reads and writes go on beside it.
    void flush(long number) throws IOException;

    /// Forgets all flushes but the last: nobody comes back to them. Waits for a flush under way.
    void forgetOlderFlushes() throws IOException;

    /// What values may be.
    enum Kind {
        ROWS,
        DOCUMENTS,
        POSTINGS
    }

    /// Values of one kind and space, by id, 0 or more.
    interface Values {
        /// Stores `value`, 1 to [#VALUE_BYTES_MAX] bytes, under `id`, over what was there.
        void put(long id, MemorySegment value) throws IOException;

        /// Stores many values in one round: under `ids[i]`, `i` below `count`, the `lengths[i]` bytes at byte
        /// `i * strideBytes` of `from`, together at most [#VALUE_BYTES_MAX]. Of values with one id the last
        /// counts. All or none: when it throws, and in a flush beside it.
        void putAll(long[] ids, int count, MemorySegment from, long strideBytes, int[] lengths) throws IOException;

        /// Copies the value of `id` into `into` and returns its length in bytes; -1 when there is none. When
        /// the length is more than `into` holds, what `into` holds is undefined.
        ///
        /// Throws [DamagedValueException] when what is on disk is not what was put there.
        int get(long id, MemorySegment into) throws IOException;

        /// Reads the values of `ids[0]` to `ids[count - 1]` in one round: value `i` goes to byte
        /// `i * strideBytes` of `into`, `lengths[i]` is as [#get] returns it for `strideBytes` bytes.
        ///
        /// Throws what [#get] throws if any value does; `into` and `lengths` are undefined then.
        void getAll(long[] ids, int count, MemorySegment into, long strideBytes, int[] lengths) throws IOException;

        /// Copies the ids from `first` on that have a value into `into`, from low to high, as many as fit,
        /// and returns how many they are; 0 when there are no more. A walk that goes on behind the last id
        /// sees each that is there from its beginning to its end.
        int ids(long first, long[] into) throws IOException;

        /// Forgets `id`; nothing happens when it is not there.
        void remove(long id) throws IOException;
    }

    /// Values that grow at their ends.
    interface Postings extends Values {
        /// Puts `more` behind the value of `id`, which is empty when there is none, without reading it. The
        /// caller keeps the whole within [#VALUE_BYTES_MAX].
        void append(long id, MemorySegment more) throws IOException;
    }
}
