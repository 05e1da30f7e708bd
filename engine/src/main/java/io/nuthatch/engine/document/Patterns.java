package io.nuthatch.engine.document;

/// Patterns over words and tags. Threads: any; pure.
final class Patterns {
    private Patterns() {}

    /// Whether `text` as a whole matches `pattern`, in which `*` is any string, `?` any byte and `\` takes
    /// the meaning of the sign behind it. Time is the product of the lengths at most.
    static boolean matches(String pattern, String text) {
        int p = 0;
        int t = 0;
        int starAt = -1;
        int starText = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                starAt = p;
                starText = t;
                p++;
                continue;
            }
            if (p < pattern.length()) {
                boolean escaped = pattern.charAt(p) == '\\' && p + 1 < pattern.length();
                char c = escaped ? pattern.charAt(p + 1) : pattern.charAt(p);
                if ((c == '?' && !escaped) || c == text.charAt(t)) {
                    p += escaped ? 2 : 1;
                    t++;
                    continue;
                }
            }
            if (starAt < 0) {
                return false;
            }
            p = starAt + 1;
            starText++;
            t = starText;
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    /// Whether at most `distance` insertions, deletions and replacements of one byte make `text` out of
    /// `word`.
    static boolean isWithin(String word, String text, int distance) {
        int width = text.length();
        if (Math.abs(word.length() - width) > distance) {
            return false;
        }
        int[] last = new int[width + 1];
        int[] row = new int[width + 1];
        for (int i = 0; i <= width; i++) {
            last[i] = i;
        }
        for (int i = 1; i <= word.length(); i++) {
            row[0] = i;
            int best = i;
            for (int j = 1; j <= width; j++) {
                int replaced = last[j - 1] + (word.charAt(i - 1) == text.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(last[j], row[j - 1]));
                best = Math.min(best, row[j]);
            }
            if (best > distance) {
                return false;
            }
            int[] swap = last;
            last = row;
            row = swap;
        }
        return last[width] <= distance;
    }
}
