package io.nuthatch.engine.document;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The word that a document's record keeps: in which spaces it is, and under which ordinals.
///
/// 0 for no document. Nearly every key is in one space: `(space + 1) << 32 | ordinal`, positive. A key that
/// several spaces cover has `-1 - n`, and entry n of a table here is a list of such words.
///
/// Threads: any; the table is guarded by this.
final class SharedDocuments {
    private final List<long @Nullable []> lists = new ArrayList<>();
    private final List<Integer> free = new ArrayList<>();

    /// Sees where a document is.
    interface Visitor {
        void visit(int space, int ordinal);
    }

    private static long single(int space, int ordinal) {
        return (space + 1L) << 32 | ordinal;
    }

    private static int space(long single) {
        return (int) (single >> 32) - 1;
    }

    /// The ordinal in `space`, -1 for none.
    int ordinal(long word, int space) {
        for (long single : singles(word)) {
            if (space(single) == space) {
                return (int) single;
            }
        }
        return -1;
    }

    void forEach(long word, Visitor visitor) {
        for (long single : singles(word)) {
            visitor.visit(space(single), (int) single);
        }
    }

    /// The word for a document that is now `ordinal` in `space` too; the old word is void.
    long with(long word, int space, int ordinal) {
        long[] old = singles(word);
        long added = single(space, ordinal);
        for (int i = 0; i < old.length; i++) {
            if (space(old[i]) == space) {
                long[] next = old.clone();
                next[i] = added;
                return replace(word, next);
            }
        }
        long[] next = Arrays.copyOf(old, old.length + 1);
        next[old.length] = added;
        return replace(word, next);
    }

    /// The word for a document that is in `space` no more; the old word is void.
    long without(long word, int space) {
        long[] old = singles(word);
        long[] next =
                Arrays.stream(old).filter(single -> space(single) != space).toArray();
        return next.length == old.length ? word : replace(word, next);
    }

    /// The document is gone, and its word with it.
    void free(long word) {
        if (word < 0) {
            synchronized (this) {
                lists.set(index(word), null);
                free.add(index(word));
            }
        }
    }

    /// Every document is gone.
    synchronized void clear() {
        lists.clear();
        free.clear();
    }

    private long[] singles(long word) {
        if (word == 0) {
            return new long[0];
        }
        if (word > 0) {
            return new long[] {word};
        }
        synchronized (this) {
            long[] list = lists.get(index(word));
            assert list != null : "word=" + word;
            return list == null ? new long[0] : list;
        }
    }

    private long replace(long word, long[] next) {
        if (next.length <= 1) {
            free(word);
            return next.length == 0 ? 0 : next[0];
        }
        synchronized (this) {
            if (word < 0) {
                lists.set(index(word), next);
                return word;
            }
            if (free.isEmpty()) {
                lists.add(next);
                return -lists.size();
            }
            int index = free.removeLast();
            lists.set(index, next);
            return -1L - index;
        }
    }

    private static int index(long word) {
        return (int) (-1 - word);
    }
}
