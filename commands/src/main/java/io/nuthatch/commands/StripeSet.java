package io.nuthatch.commands;

import io.nuthatch.engine.keyspace.HashSlot;
import io.nuthatch.engine.keyspace.Stripes;
import io.nuthatch.resp.Args;
import java.util.Arrays;
import java.util.List;

/// The stripes a call needs, collected as bits and so in ascending order, each once. One thread's own.
final class StripeSet {
    private static final int WORDS = Stripes.COUNT / 64;

    private final Stripes stripes;
    private final long[] bits = new long[WORDS];
    private final int[] sorted = new int[Stripes.COUNT];
    private int count;
    private boolean isAll;

    StripeSet(Stripes stripes) {
        this.stripes = stripes;
    }

    /// Adds what a call needs by its spec.
    void add(CommandSpec spec, Args args) {
        if (spec.locking() == Locking.ALL || spec.locking() == Locking.WALK) {
            isAll = true;
        } else if (spec.locking() == Locking.KEYS) {
            List<KeySpec> specs = spec.keys();
            for (int s = 0; s < specs.size(); s++) {
                KeySpec keys = specs.get(s);
                int last = KeyPositions.lastOf(keys, args);
                for (int i = KeyPositions.firstOf(keys); i <= last; i += keys.step()) {
                    int stripe = stripes.stripeOf(HashSlot.of(args.address(i), args.length(i)));
                    bits[stripe >> 6] |= 1L << stripe;
                }
            }
        }
    }

    /// Takes them, in order.
    void lock() {
        if (isAll) {
            Arrays.fill(bits, 0);
            stripes.lockAll();
            return;
        }
        count = 0;
        for (int word = 0; word < WORDS; word++) {
            for (long rest = bits[word]; rest != 0; rest &= rest - 1) {
                sorted[count++] = (word << 6) + Long.numberOfTrailingZeros(rest);
            }
            bits[word] = 0;
        }
        stripes.lockSorted(sorted, count);
    }

    /// Gives them back and empties the set.
    void unlock() {
        if (isAll) {
            stripes.unlockAll();
            isAll = false;
        } else {
            stripes.unlockSorted(sorted, count);
        }
        count = 0;
    }
}
