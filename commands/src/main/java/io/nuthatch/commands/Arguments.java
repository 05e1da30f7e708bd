package io.nuthatch.commands;

import io.nuthatch.resp.Args;
import java.nio.charset.StandardCharsets;

/// Numbers among a command's arguments, read as strictly as Redis reads them.
public final class Arguments {
    private static final int MAX_REAL_CHARS = 256;

    private Arguments() {}

    /// Argument `index` as a 64-bit integer, or `ERR value is not an integer or out of range`.
    ///
    /// As in Redis: no blank, no `+`, no leading zero, no `-0`.
    public static long integer(Args args, int index) {
        int length = args.length(index);
        if (length == 0 || length > 20) {
            throw CommandException.notAnInteger();
        }
        boolean negative = args.byteAt(index, 0) == '-';
        int at = negative ? 1 : 0;
        if (at == length) {
            throw CommandException.notAnInteger();
        }
        int first = args.byteAt(index, at) - '0';
        if (first == 0 && length == 1) {
            return 0;
        }
        if (first < 1 || first > 9) {
            throw CommandException.notAnInteger();
        }
        long value = 0; // Kept negative, as that side reaches one further.
        for (; at < length; at++) {
            int digit = args.byteAt(index, at) - '0';
            if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
                throw CommandException.notAnInteger();
            }
            value = value * 10 - digit;
        }
        if (!negative && value == Long.MIN_VALUE) {
            throw CommandException.notAnInteger();
        }
        return negative ? value : -value;
    }

    /// Argument `index` as an integer from `min` to `max`; outside, `ERR value is out of range, must be
    /// between …`.
    public static long integer(Args args, int index, long min, long max) {
        long value = integer(args, index);
        if (value < min || value > max) {
            throw CommandException.of("ERR value is out of range, must be between %d and %d", min, max);
        }
        return value;
    }

    /// Argument `index` as an integer of 32 bits; outside, `ERR value is not an integer or out of range`.
    public static int int32(Args args, int index) {
        long value = integer(args, index);
        if (value != (int) value) {
            throw CommandException.notAnInteger();
        }
        return (int) value;
    }

    /// Argument `index` as an integer of at least 0; below, `ERR value is out of range, must be positive`.
    public static long positive(Args args, int index) {
        long value = integer(args, index);
        if (value < 0) {
            throw new CommandException("ERR value is out of range, must be positive");
        }
        return value;
    }

    /// Argument `index` as a double, or `ERR value is not a valid float`; `inf`, `+inf` and `-inf` are
    /// numbers, NaN is not.
    public static double real(Args args, int index) {
        int length = args.length(index);
        if (length == 0 || length > MAX_REAL_CHARS) {
            throw CommandException.notAFloat();
        }
        double value = parseReal(new String(args.bytes(index), StandardCharsets.ISO_8859_1));
        if (Double.isNaN(value)) {
            throw CommandException.notAFloat();
        }
        return value;
    }

    /// `text` as C's `strtod` reads a whole string without leading blanks; NaN when it does not.
    public static double parseReal(String text) {
        int at = 0;
        int length = text.length();
        if (at < length && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
            at++;
        }
        if (at == length) {
            return Double.NaN;
        }
        String magnitude = text.substring(at);
        if (magnitude.equalsIgnoreCase("inf") || magnitude.equalsIgnoreCase("infinity")) {
            return text.charAt(0) == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        boolean isHex = magnitude.length() > 2 && magnitude.charAt(0) == '0' && (magnitude.charAt(1) | 32) == 'x';
        if (isHex && magnitude.indexOf('p') < 0 && magnitude.indexOf('P') < 0) {
            text = text + "p0"; // Java wants the exponent that C leaves out.
        }
        for (int i = isHex ? 2 : 0; i < magnitude.length(); i++) {
            char c = magnitude.charAt(i);
            boolean isDigit = isHex ? Character.digit(c, 16) >= 0 && c < 128 : c >= '0' && c <= '9';
            boolean isExponent = isHex ? (c | 32) == 'p' : (c | 32) == 'e';
            if (!isDigit && !isExponent && c != '.' && c != '+' && c != '-') {
                return Double.NaN; // Java alone reads `1d` and ` 1`.
            }
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException notANumber) {
            return Double.NaN;
        }
    }
}
