package io.nuthatch.engine.query;

/// Numbers as the query language and NUMERIC fields write them.
///
/// Threads: any; pure.
public final class Numbers {
    private static final int MAX_CHARS = 400;

    private Numbers() {}

    static boolean isNumber(String text) {
        return !Double.isNaN(parse(text));
    }

    /// NaN when `text` is no number; `inf` with or without a sign is one, `NaN` and Java's suffixes are not.
    public static double parse(String text) {
        if (text.isEmpty() || text.length() > MAX_CHARS) {
            return Double.NaN;
        }
        int start = text.charAt(0) == '-' || text.charAt(0) == '+' ? 1 : 0;
        String rest = text.substring(start);
        if (rest.equalsIgnoreCase("inf") || rest.equalsIgnoreCase("infinity")) {
            return text.charAt(0) == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        for (int i = 0; i < rest.length(); i++) {
            char c = rest.charAt(i);
            boolean sign = (c == '-' || c == '+') && i > 0 && (rest.charAt(i - 1) == 'e' || rest.charAt(i - 1) == 'E');
            if (!(c >= '0' && c <= '9') && c != '.' && c != 'e' && c != 'E' && !sign) {
                return Double.NaN;
            }
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException no) {
            return Double.NaN;
        }
    }
}
