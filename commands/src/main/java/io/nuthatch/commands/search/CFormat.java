package io.nuthatch.commands.search;

import io.nuthatch.resp.ReplyWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;

/// C's `%.<precision>g`, which prints every distance and sort key that RediSearch sends.
final class CFormat {
    private static final MathContext TWELVE = new MathContext(12, RoundingMode.HALF_EVEN);
    private static final MathContext SEVENTEEN = new MathContext(17, RoundingMode.HALF_EVEN);
    /// From this exponent down `%g` turns to scientific notation.
    private static final int LEAST_PLAIN_EXPONENT = -4;

    private static final int PRECISION = 12;
    private static final long TWELVE_DIGITS = 1_000_000_000_000L;
    private static final double[] POWERS = new double[PRECISION + 4]; // 10^i; exact up to 22.
    private static final double[] POWERS_FROM_MINUS_4 = {
        1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11
    };

    static {
        POWERS[0] = 1;
        for (int i = 1; i < POWERS.length; i++) {
            POWERS[i] = POWERS[i - 1] * 10;
        }
    }

    private CFormat() {}

    /// `value` as `%.12g` prints it: `0.292893230915`, `1e-07`, `1.5`, `inf`, `-nan` as `nan`.
    static String g12(double value) {
        return g(value, TWELVE);
    }

    /// Writes `value` as `%.12g` prints it, as a bulk string.
    static void writeG12(ReplyWriter reply, double value) {
        double size = Math.abs(value);
        if (size >= 1e-4 && size < 1e11) { // Neither scientific notation nor a power of ten that is not exact.
            int exponent = exponent10(size);
            double scaled = size * POWERS[PRECISION - 1 - exponent]; // Off by half an ulp at most: below 1e-4.
            long digits = Math.round(scaled);
            boolean isTie = Math.abs(Math.abs(scaled - digits) - 0.5) < 1e-3;
            if (!isTie && digits < TWELVE_DIGITS) {
                reply.bulk(plain(value < 0, digits, PRECISION - 1 - exponent));
                return;
            }
        }
        reply.bulk(g12(value));
    }

    private static int exponent10(double size) {
        int exponent = -4;
        while (size >= POWERS_FROM_MINUS_4[exponent + 5]) {
            exponent++;
        }
        return exponent;
    }

    /// `digits / 10^decimals` without zeros at its end.
    private static byte[] plain(boolean isNegative, long digits, int decimals) {
        long rest = digits;
        int places = decimals;
        while (places > 0 && rest % 10 == 0) {
            rest /= 10;
            places--;
        }
        byte[] text = new byte[24];
        int at = text.length;
        for (int i = 0; i < places || rest > 0 || i == places; i++) {
            if (i == places && places > 0) {
                text[--at] = '.';
            }
            text[--at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        if (isNegative) {
            text[--at] = '-';
        }
        return Arrays.copyOfRange(text, at, text.length);
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
