package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.IndexClosedException;
import io.nuthatch.engine.hnsw.VectorIndex;
import org.roaringbitmap.RoaringBitmap;

/// The ordinals that one vector index has been told to remove and has not let go yet.
///
/// The index says `released(ordinal)` for each of them, some time later and on some thread, but not after it
/// is closed: then [#closed] says it for the rest. Whoever takes an ordinal out of the set passes it on, so
/// that each is released exactly once.
///
/// Threads: any.
final class Releases {
    private final OrdinalPool ordinals;
    private final RoaringBitmap outstanding = new RoaringBitmap(); // Guarded by this.
    private boolean isClosed; // Guarded by this.

    Releases(OrdinalPool ordinals) {
        this.ordinals = ordinals;
    }

    /// Removes a retired ordinal from the index; it is released when the index says so, at once when it is
    /// not in there.
    void remove(int ordinal, VectorIndex index) {
        boolean isGone;
        synchronized (this) {
            isGone = isClosed;
            if (!isGone) {
                outstanding.add(ordinal);
            }
        }
        if (isGone) {
            ordinals.released(ordinal);
            return;
        }
        try {
            if (!index.remove(ordinal)) {
                released(ordinal);
            }
        } catch (IndexClosedException dropped) {
            // closed() comes after the index was closed, and finds the ordinal outstanding.
        }
    }

    /// Notes that the index has a tombstone of an ordinal that nobody uses, and will say so when it let go.
    synchronized void expect(int ordinal) {
        outstanding.add(ordinal);
    }

    /// The index has let go of an ordinal.
    void released(int ordinal) {
        boolean mine;
        synchronized (this) {
            mine = outstanding.checkedRemove(ordinal);
        }
        if (mine) {
            ordinals.released(ordinal);
        }
    }

    /// The index is closed and will say no more.
    void closed() {
        int[] rest;
        synchronized (this) {
            isClosed = true;
            rest = outstanding.toArray();
            outstanding.clear();
        }
        for (int ordinal : rest) {
            ordinals.released(ordinal);
        }
    }
}
