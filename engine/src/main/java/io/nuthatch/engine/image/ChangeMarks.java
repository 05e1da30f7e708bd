package io.nuthatch.engine.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Which of many numbered things (rows, nodes, hash slots) have changed since an image last took them: a bit
/// for each, so that the next image leaves the others where they are.
///
/// A mark that is not there is a promise, one that is there too many costs a few bytes. So whoever changes a
/// thing marks it behind the change, under the lock of the thing; and whoever writes it clears the mark first
/// and takes the lock then. Either the change is in what was written, or the mark comes after the clearing.
///
/// Threads: any.
public final class ChangeMarks {
    private static final int CHUNK_BITS = 16;
    private static final int CHUNK_WORDS = 1 << CHUNK_BITS - 6;
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private volatile long[][] chunks = {}; // Chunks stay; the array over them is replaced when it grows.

    /// Says that the thing of that number, 0 or more, has changed.
    public void mark(int number) {
        long[] chunk = chunk(number);
        int word = word(number);
        long bit = 1L << number;
        if (((long) WORD.getOpaque(chunk, word) & bit) == 0) { // Most are marked already, and read by other cores.
            WORD.getAndBitwiseOr(chunk, word, bit);
        }
    }

    public boolean isMarked(int number) {
        long[][] present = chunks;
        int at = number >>> CHUNK_BITS;
        return at < present.length && ((long) WORD.getVolatile(present[at], word(number)) & 1L << number) != 0;
    }

    /// Takes the mark away, before the thing is read.
    public void clear(int number) {
        long[][] present = chunks;
        int at = number >>> CHUNK_BITS;
        if (at < present.length) {
            WORD.getAndBitwiseAnd(present[at], word(number), ~(1L << number));
        }
    }

    /// Takes all marks away; nobody changes anything meanwhile.
    public void clearAll() {
        for (long[] chunk : chunks) {
            Arrays.fill(chunk, 0);
        }
    }

    private static int word(int number) {
        return (number & (1 << CHUNK_BITS) - 1) >>> 6;
    }

    private long[] chunk(int number) {
        long[][] present = chunks;
        int at = number >>> CHUNK_BITS;
        return at < present.length ? present[at] : grow(at);
    }

    private synchronized long[] grow(int at) {
        long[][] present = chunks;
        if (at >= present.length) {
            int old = present.length;
            present = Arrays.copyOf(present, at + 1);
            for (int i = old; i <= at; i++) {
                present[i] = new long[CHUNK_WORDS];
            }
            chunks = present;
        }
        return present[at];
    }
}
