package io.nuthatch.engine.document;

import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// The changes of an index, numbered, and the ordinals of the last [#LENGTH].
///
/// One number is one change, so that the documents which changed between two numbers are known as long as the
/// log reaches back. It begins with the first [#keep]: an index that nobody samples pays for the count alone.
///
/// Threads: writes under the space's write lock, reads under its read lock; [#keep] under either, at once by
/// many.
final class ChangeLog {
    /// Changes it reaches back.
    static final int LENGTH = 4096;

    private static final int ALL = -1;

    private long version;
    private volatile int @Nullable [] ordinals; // Of change `v` at `v % LENGTH`.
    private volatile long first = Long.MAX_VALUE; // The first change in the log.

    /// The number of the last change.
    long version() {
        return version;
    }

    /// Begins the log, if that has not been done.
    synchronized void keep() {
        if (ordinals == null) {
            ordinals = new int[LENGTH];
            first = version + 1;
        }
    }

    void add(int ordinal) {
        version++;
        int[] kept = ordinals;
        if (kept != null) {
            kept[(int) (version % LENGTH)] = ordinal;
        }
    }

    /// Notes that any document may have changed.
    void addAll() {
        add(ALL);
    }

    /// The ordinals of all changes after `since`; null when they are not known.
    @Nullable
    RoaringBitmap since(long since) {
        int[] kept = ordinals;
        if (since == version) {
            return new RoaringBitmap();
        }
        if (kept == null || since + 1 < first || version - since > LENGTH) {
            return null;
        }
        RoaringBitmap changed = new RoaringBitmap();
        for (long v = since + 1; v <= version; v++) {
            int ordinal = kept[(int) (v % LENGTH)];
            if (ordinal == ALL) {
                return null;
            }
            changed.add(ordinal);
        }
        return changed;
    }
}
