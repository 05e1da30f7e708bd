package io.nuthatch.commands.string;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LongestCommonSubsequenceTest {
    private static final long LIMIT = 1 << 20;

    @Test
    void agreesWithTheTableOnRandomStrings() {
        long seed = Long.getLong("nuthatch.seed", 0x5eedL);
        Random random = new Random(seed);
        for (int run = 0; run < 3000; run++) {
            byte[] a = random(random, random.nextInt(run % 10 == 0 ? 300 : 40));
            byte[] b = random(random, random.nextInt(run % 10 == 0 ? 300 : 40));
            LongestCommonSubsequence found = new LongestCommonSubsequence(a, b, true, LIMIT);
            Model model = new Model(a, b);
            assertThat(text(found.sequence())).as("-Dnuthatch.seed=%d", seed).isEqualTo(model.sequence);
            assertThat(found.ranges()).as("-Dnuthatch.seed=%d", seed).isEqualTo(model.ranges);
            assertThat(new LongestCommonSubsequence(a, b, false, LIMIT).length())
                    .isEqualTo(model.sequence.length());
        }
    }

    @Test
    void aTableBeyondTheLimitIsRefused() {
        assertThatThrownBy(() -> new LongestCommonSubsequence(new byte[999], new byte[999], true, 4_000_000 - 1))
                .hasMessage("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
        assertThat(new LongestCommonSubsequence(new byte[999], new byte[999], true, 4_000_000).length())
                .isEqualTo(999);
    }

    /// The table in full, and the way back through it cell by cell.
    private static final class Model {
        final String sequence;
        final List<LongestCommonSubsequence.Range> ranges = new ArrayList<>();

        Model(byte[] a, byte[] b) {
            int[][] table = new int[a.length + 1][b.length + 1];
            for (int i = 1; i <= a.length; i++) {
                for (int j = 1; j <= b.length; j++) {
                    table[i][j] =
                            a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : Math.max(table[i - 1][j], table[i][j - 1]);
                }
            }
            StringBuilder reversed = new StringBuilder();
            int i = a.length;
            int j = b.length;
            while (i > 0 && j > 0) {
                if (a[i - 1] == b[j - 1]) {
                    reversed.append((char) a[i - 1]);
                    i--;
                    j--;
                    int last = ranges.size() - 1;
                    if (last >= 0
                            && ranges.get(last).startA() == i + 1
                            && ranges.get(last).startB() == j + 1) {
                        LongestCommonSubsequence.Range range = ranges.get(last);
                        ranges.set(last, new LongestCommonSubsequence.Range(i, range.endA(), j, range.endB()));
                    } else {
                        ranges.add(new LongestCommonSubsequence.Range(i, i, j, j));
                    }
                } else if (table[i - 1][j] > table[i][j - 1]) {
                    i--;
                } else {
                    j--;
                }
            }
            sequence = reversed.reverse().toString();
        }
    }

    private static byte[] random(Random random, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(4));
        }
        return bytes;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
