package io.nuthatch.commands;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;

/// A number of `INCRBYFLOAT` and `HINCRBYFLOAT`: C's `long double` of x86-64, with 64 bits of mantissa, as
/// Redis has it.
///
/// Clients compare the printed sums, and a double gives other digits (`3.3` and not `3.29999999999999982`).
/// Every finite value is held exactly as a decimal; parsing and adding round it to 64 binary digits, ties to
/// even.
///
/// @param value the number; meaningless when infinite
/// @param isInfinite whether it is infinite, of either sign
public record LongDouble(BigDecimal value, boolean isInfinite) {
    private static final int MANTISSA_BITS = 64;
    private static final int PRINTED_FRACTION_DIGITS = 17;
    /// Redis's buffer for one number.
    private static final int MAX_CHARS = 5 * 1024 - 1;
    private static final int MAX_EXPONENT10 = 4932;
    private static final int MIN_EXPONENT10 = -4951;
    private static final BigDecimal MAX = new BigDecimal(
            BigInteger.TWO.pow(MANTISSA_BITS).subtract(BigInteger.ONE).shiftLeft(16384 - MANTISSA_BITS));
    private static final LongDouble INFINITY = new LongDouble(BigDecimal.ZERO, true);

    /// Zero, which a missing value counts as.
    public static final LongDouble ZERO = new LongDouble(BigDecimal.ZERO, false);

    /// Reads `text` as C's `strtold` does (no blanks): decimal or hexadecimal, `inf`. Throws "value is not a
    /// valid float" for anything else, for `nan` and for what is out of range.
    public static LongDouble parse(String text) {
        if (text.isEmpty() || text.length() > MAX_CHARS) {
            throw CommandException.notAFloat();
        }
        int start = text.charAt(0) == '-' || text.charAt(0) == '+' ? 1 : 0;
        String magnitude = text.substring(start).toLowerCase(Locale.ROOT);
        if (magnitude.equals("inf") || magnitude.equals("infinity")) {
            return INFINITY;
        }
        BigDecimal exact = magnitude.startsWith("0x") ? parseHexadecimal(magnitude) : parseDecimal(magnitude);
        LongDouble rounded = rounded(text.charAt(0) == '-' ? exact.negate() : exact);
        if (rounded.isInfinite) {
            throw CommandException.notAFloat();
        }
        return rounded;
    }

    /// The sum, rounded; infinite when either is or when it is out of range.
    public LongDouble plus(LongDouble other) {
        return isInfinite || other.isInfinite ? INFINITY : rounded(value.add(other.value));
    }

    /// At most 17 digits after the point, no exponent and no trailing zeros: `10.5`, `3`, `0`.
    public String format() {
        BigDecimal fixed = value.setScale(PRINTED_FRACTION_DIGITS, RoundingMode.HALF_EVEN);
        return fixed.signum() == 0 ? "0" : fixed.stripTrailingZeros().toPlainString();
    }

    private static BigDecimal parseDecimal(String text) {
        int digits = 0;
        int i = 0;
        boolean hasPoint = false;
        for (; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.' && !hasPoint) {
                hasPoint = true;
            } else if (c >= '0' && c <= '9') {
                digits++;
            } else {
                break;
            }
        }
        if (digits == 0) {
            throw CommandException.notAFloat();
        }
        BigDecimal mantissa = new BigDecimal(text.substring(0, i));
        int exponent = i == text.length() ? 0 : parseExponent(text, i, 'e');
        if (mantissa.signum() == 0) {
            return BigDecimal.ZERO;
        }
        // Before any digit is written out, as 1e999999999 would be a gigabyte of them.
        long magnitude = (long) mantissa.precision() - mantissa.scale() - 1 + exponent;
        if (magnitude > MAX_EXPONENT10 || magnitude < MIN_EXPONENT10) {
            throw CommandException.notAFloat();
        }
        return mantissa.scaleByPowerOfTen(exponent);
    }

    private static BigDecimal parseHexadecimal(String text) {
        BigInteger mantissa = BigInteger.ZERO;
        int digits = 0;
        int fraction = 0;
        boolean hasPoint = false;
        int i = 2;
        for (; i < text.length(); i++) {
            char c = text.charAt(i);
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (c == '.' && !hasPoint) {
                hasPoint = true;
            } else if (digit >= 0) {
                mantissa = mantissa.shiftLeft(4).or(BigInteger.valueOf(digit));
                digits++;
                fraction += hasPoint ? 4 : 0;
            } else {
                break;
            }
        }
        if (digits == 0) {
            throw CommandException.notAFloat();
        }
        int exponent = i == text.length() ? 0 : parseExponent(text, i, 'p');
        if (mantissa.signum() == 0) {
            return BigDecimal.ZERO;
        }
        long power = (long) exponent - fraction;
        if (power + mantissa.bitLength() > 16384 || power + mantissa.bitLength() < -16445) {
            throw CommandException.notAFloat();
        }
        return timesPowerOfTwo(mantissa, Math.toIntExact(power));
    }

    /// The exponent that `text` ends with, from `mark` at `at` on; clipped to what cannot be in range anyway.
    private static int parseExponent(String text, int at, char mark) {
        int i = at + 1;
        boolean isNegative = false;
        if (i < text.length() && (text.charAt(i) == '-' || text.charAt(i) == '+')) {
            isNegative = text.charAt(i) == '-';
            i++;
        }
        if (text.charAt(at) != mark || i == text.length()) {
            throw CommandException.notAFloat();
        }
        int exponent = 0;
        for (; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                throw CommandException.notAFloat();
            }
            exponent = Math.min(exponent * 10 + (c - '0'), 100_000_000);
        }
        return isNegative ? -exponent : exponent;
    }

    /// The nearest number of 64 binary digits, ties to even; infinite beyond the largest.
    private static LongDouble rounded(BigDecimal exact) {
        if (exact.signum() == 0) {
            return ZERO;
        }
        BigInteger numerator = exact.unscaledValue().abs();
        BigInteger denominator = BigInteger.ONE;
        if (exact.scale() > 0) {
            denominator = BigInteger.TEN.pow(exact.scale());
        } else {
            numerator = numerator.multiply(BigInteger.TEN.pow(-exact.scale()));
        }
        // A shift after which the quotient has 64 or 65 binary digits, then one that gives exactly 64.
        int shift = MANTISSA_BITS + 1 - (numerator.bitLength() - denominator.bitLength());
        BigInteger[] division = divide(numerator, denominator, shift);
        if (division[0].bitLength() > MANTISSA_BITS) {
            shift -= division[0].bitLength() - MANTISSA_BITS;
            division = divide(numerator, denominator, shift);
        }
        BigInteger scaledDenominator = shift < 0 ? denominator.shiftLeft(-shift) : denominator;
        int half = division[1].shiftLeft(1).compareTo(scaledDenominator);
        BigInteger mantissa = division[0];
        if (half > 0 || half == 0 && mantissa.testBit(0)) {
            mantissa = mantissa.add(BigInteger.ONE);
        }
        BigDecimal result = timesPowerOfTwo(mantissa, -shift);
        if (result.compareTo(MAX) > 0) {
            return INFINITY;
        }
        return new LongDouble(exact.signum() < 0 ? result.negate() : result, false);
    }

    private static BigInteger[] divide(BigInteger numerator, BigInteger denominator, int shift) {
        return shift >= 0
                ? numerator.shiftLeft(shift).divideAndRemainder(denominator)
                : numerator.divideAndRemainder(denominator.shiftLeft(-shift));
    }

    private static BigDecimal timesPowerOfTwo(BigInteger mantissa, int power) {
        if (power >= 0) {
            return new BigDecimal(mantissa.shiftLeft(power));
        }
        int zeros = Math.min(mantissa.getLowestSetBit(), -power);
        BigInteger odd = mantissa.shiftRight(zeros);
        int left = -power - zeros;
        return new BigDecimal(odd.multiply(BigInteger.valueOf(5).pow(left)), left);
    }
}
