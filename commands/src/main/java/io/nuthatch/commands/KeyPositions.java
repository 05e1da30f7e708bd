package io.nuthatch.commands;

import io.nuthatch.resp.Args;
import java.util.Arrays;
import java.util.List;

/// Which arguments of a call are keys, by its spec's [KeySpec]s.
public final class KeyPositions {
    private static final int MAX_DIGITS = 9;

    private KeyPositions() {}

    /// Indexes of the call's keys, in the order of the specs. A count argument that is no number, or greater
    /// than the arguments behind it, names the keys that are there: the command itself will refuse it.
    public static int[] of(CommandSpec spec, Args args) {
        int[] positions = new int[4];
        int count = 0;
        List<KeySpec> specs = spec.keys();
        for (int s = 0; s < specs.size(); s++) {
            KeySpec keys = specs.get(s);
            int first = firstOf(keys);
            int last = lastOf(keys, args);
            for (int i = first; i <= last; i += keys.step()) {
                if (count == positions.length) {
                    positions = Arrays.copyOf(positions, count * 2);
                }
                positions[count++] = i;
            }
        }
        return Arrays.copyOf(positions, count);
    }

    /// Index of the first argument that may be a key of this spec.
    public static int firstOf(KeySpec keys) {
        return keys.isCounted() ? keys.first() + 1 : keys.first();
    }

    /// Index of the last argument that may be a key of this spec.
    public static int lastOf(KeySpec keys, Args args) {
        int end = args.count() - 1;
        if (!keys.isCounted()) {
            return keys.last() < 0 ? args.count() + keys.last() : Math.min(keys.last(), end);
        }
        if (keys.first() > end) {
            return -1;
        }
        int count = 0;
        int length = args.length(keys.first());
        for (int i = 0; i < length; i++) {
            int digit = args.byteAt(keys.first(), i) - '0';
            if (digit < 0 || digit > 9 || length > MAX_DIGITS) {
                return -1;
            }
            count = count * 10 + digit;
        }
        return (int) Math.min(end, keys.first() + (long) count * keys.step());
    }
}
