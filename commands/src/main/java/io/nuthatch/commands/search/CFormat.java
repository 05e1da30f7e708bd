package io.nuthatch.commands.search;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/// C's `%.<precision>g`, which prints every distance and sort key that RediSearch sends.
final class CFormat {
    private static final MathContext TWELVE = new MathContext(12, RoundingMode.HALF_EVEN);
    private static final MathContext SEVENTEEN = new MathContext(17, RoundingMode.HALF_EVEN);
    /// From this exponent down `%g` turns to scientific notation.
    private static final int LEAST_PLAIN_EXPONENT = -4;

    private CFormat() {}

    /// `value` as `%.12g` prints it: `0.292893230915`, `1e-07`, `1.5`, `inf`, `-nan` as `nan`.
    static String g12(double value) {
        return g(value, TWELVE);
    }

    /// `value` as `%.17g` prints it: `0.10557281970977783`, `0.10000000000000001`.
    static String g17(double value) {
        return g(value, SEVENTEEN);
    }

    private static String g(double value, MathContext precision) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        if (value == Math.rint(value) && Math.abs(value) < 1e11) { // Whole and short: most counts and bounds.
            return Long.toString((long) value);
        }
        BigDecimal rounded = new BigDecimal(value).round(precision);
        int exponent = rounded.precision() - rounded.scale() - 1;
        BigDecimal stripped = rounded.stripTrailingZeros();
        if (exponent >= LEAST_PLAIN_EXPONENT && exponent < precision.getPrecision()) {
            return stripped.toPlainString();
        }
        String digits = stripped.unscaledValue().abs().toString();
        StringBuilder text = new StringBuilder();
        if (value < 0) {
            text.append('-');
        }
        text.append(digits.charAt(0));
        if (digits.length() > 1) {
            text.append('.').append(digits, 1, digits.length());
        }
        int magnitude = Math.abs(exponent);
        return text.append('e')
                .append(exponent < 0 ? '-' : '+')
                .append(magnitude < 10 ? "0" : "")
                .append(magnitude)
                .toString();
    }
}
