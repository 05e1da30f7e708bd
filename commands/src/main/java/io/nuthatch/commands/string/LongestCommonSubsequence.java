package io.nuthatch.commands.string;

import io.nuthatch.commands.CommandException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The longest common subsequence of two byte strings, 64 cells of the table at a time.
///
/// `L(i, j)` is the length for the first `i` bytes of `a` and the first `j` of `b`. Along a row it grows by 0
/// or 1 a step, so a row is one bit per column (here 0 for a growth), and the next row follows from it by one
/// addition over the whole row: `V' = (V + (V & M)) | (V & ~M)`, `M` marking where `b` has the row's byte
/// (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"). The rows are enough to walk back as the
/// table itself would: at two bytes that differ, the longer way is up exactly where the row grows at that
/// column, since `L(i, j)` is the larger of its two neighbours. Ties go left, as Redis's do.
///
/// Memory: two bits for each cell of the table at most. Not thread-safe; used once.
final class LongestCommonSubsequence {
    private static final int BITS = 6;

    private final byte[] a;
    private final byte[] b;
    private final int words; // A row
    private final long[][] rows;
    private final int length;

    /// A stretch that both strings have in common; ends included.
    record Range(int startA, int endA, int startB, int endB) {
        int length() {
            return endA - startA + 1;
        }
    }

    /// Solves for `a` and `b`. Without `withRows`, only the length is known afterwards.
    ///
    /// Throws, as Redis does, when a table of 4 bytes a cell would have more than `limitBytes`.
    LongestCommonSubsequence(byte[] a, byte[] b, boolean withRows, long limitBytes) {
        if ((a.length + 1L) * (b.length + 1L) * Integer.BYTES > limitBytes) {
            throw new CommandException("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
        }
        this.a = a;
        this.b = b;
        this.words = (b.length + Long.SIZE - 1) >> BITS;
        this.rows = new long[withRows ? a.length : 0][];
        long[][] matches = matches();
        long[] row = new long[words];
        Arrays.fill(row, -1L);
        for (int i = 0; i < a.length; i++) {
            row = next(row, matches[a[i] & 0xff], withRows ? new long[words] : row);
            if (withRows) {
                rows[i] = row;
            }
        }
        int zeros = 0;
        for (int column = 0; column < b.length; column += Long.SIZE) {
            long used = column + Long.SIZE <= b.length ? -1L : (1L << (b.length - column)) - 1;
            zeros += Long.bitCount(~row[column >> BITS] & used);
        }
        this.length = zeros;
    }

    /// Bytes of the subsequence.
    int length() {
        return length;
    }

    /// The subsequence itself. Needs the rows.
    byte[] sequence() {
        byte[] sequence = new byte[length];
        int left = length;
        for (Range range : ranges()) {
            left -= range.length();
            System.arraycopy(a, range.startA, sequence, left, range.length());
        }
        return sequence;
    }

    /// The stretches of the subsequence, last first. Needs the rows.
    List<Range> ranges() {
        List<Range> ranges = new ArrayList<>();
        int i = a.length;
        int j = b.length;
        while (i > 0 && j > 0) {
            if (a[i - 1] != b[j - 1]) {
                if (grows(i, j)) {
                    i--;
                } else {
                    j--;
                }
                continue;
            }
            int endA = i - 1;
            int endB = j - 1;
            while (i > 0 && j > 0 && a[i - 1] == b[j - 1]) {
                i--;
                j--;
            }
            ranges.add(new Range(i, endA, j, endB));
        }
        return ranges;
    }

    /// Whether `L(i, j)` is more than `L(i, j - 1)`.
    private boolean grows(int i, int j) {
        return (rows[i - 1][(j - 1) >> BITS] >>> (j - 1) & 1) == 0;
    }

    /// For each byte that `a` has, the places where `b` has it.
    private long[][] matches() {
        long[][] matches = new long[256][];
        for (byte value : a) {
            if (matches[value & 0xff] == null) {
                matches[value & 0xff] = new long[words];
            }
        }
        for (int j = 0; j < b.length; j++) {
            long[] places = matches[b[j] & 0xff];
            if (places != null) {
                places[j >> BITS] |= 1L << j;
            }
        }
        return matches;
    }

    private static long[] next(long[] row, long[] places, long[] target) {
        long carry = 0;
        for (int w = 0; w < row.length; w++) {
            long before = row[w];
            long common = before & places[w];
            long sum = before + common;
            long carried = sum + carry;
            carry = Long.compareUnsigned(sum, before) < 0 || Long.compareUnsigned(carried, sum) < 0 ? 1 : 0;
            target[w] = carried | before & ~places[w];
        }
        return target;
    }
}
