package io.nuthatch.commands.search;

import io.nuthatch.commands.CommandException;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.resp.Args;

/// Reads a request's arguments from left to right, with RediSearch's words for what is missing or malformed.
///
/// Texts are byte strings (one byte of the wire a char), as the engine takes them. Pure: reads the arguments
/// and touches no state. Not thread-safe; lives for one parse.
final class Tokens {
    private final Args args;
    private final int end;
    private int at;

    /// A reader from argument `first` to the last.
    Tokens(Args args, int first) {
        this(args, first, args.count());
    }

    /// A reader from argument `first` up to, and without, `end`.
    Tokens(Args args, int first, int end) {
        assert first <= end && end <= args.count() : first + " to " + end + " of " + args.count();
        this.args = args;
        this.at = first;
        this.end = end;
    }

    boolean hasNext() {
        return at < end;
    }

    /// Arguments left.
    int remaining() {
        return end - at;
    }

    /// Index of the next argument among all arguments.
    int position() {
        return at;
    }

    /// Whether the next argument is `word` (upper case) in any case; if so it is consumed.
    boolean take(String word) {
        if (at < end && args.is(at, word)) {
            at++;
            return true;
        }
        return false;
    }

    /// Whether the next argument is `word` (upper case) in any case.
    boolean isNext(String word) {
        return at < end && args.is(at, word);
    }

    /// The next argument without consuming it; there is one.
    String peek() {
        assert at < end : "no argument left";
        return ByteStrings.of(args.bytes(at));
    }

    /// The next argument; there is one.
    String next() {
        String text = peek();
        at++;
        return text;
    }

    /// The bytes of the next argument; there is one.
    byte[] nextBytes() {
        assert at < end : "no argument left";
        return args.bytes(at++);
    }

    /// The next argument; `ERR Bad arguments for <option>: …` when there is none.
    String next(String option) {
        if (at >= end) {
            throw missing(option);
        }
        return next();
    }

    /// The next argument as a whole number from `least` to `most`.
    long integer(String option, long least, long most) {
        String text = next(option);
        long value;
        try {
            value = parseInteger(text);
        } catch (NumberFormatException malformed) {
            throw notConvertible(option);
        }
        if (value < least || value > most) {
            throw CommandException.of("ERR Bad arguments for %s: Value is outside acceptable bounds", option);
        }
        return value;
    }

    /// The next argument as a number that is neither NaN nor infinite.
    double real(String option) {
        double value = parseReal(next(option));
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw notConvertible(option);
        }
        return value;
    }

    /// A reader of the next `count` arguments, which are consumed here; an error when there are fewer.
    Tokens group(String option, long count) {
        if (count > remaining()) {
            throw missing(option);
        }
        Tokens group = new Tokens(args, at, at + (int) count);
        at += (int) count;
        return group;
    }

    /// `text` as a decimal whole number without blanks, as C's `strtoll` reads the whole of it.
    ///
    /// Throws [NumberFormatException] where it is none or does not fit.
    static long parseInteger(String text) {
        return Long.parseLong(text); // Refuses blanks and fractions; accepts a sign.
    }

    /// `text` as a number, `inf` and `nan` in their C spellings included; NaN when it is none.
    static double parseReal(String text) {
        int start = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
        String magnitude = text.substring(start);
        if (magnitude.equalsIgnoreCase("inf") || magnitude.equalsIgnoreCase("infinity")) {
            return text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        for (int i = 0; i < text.length(); i++) { // Java alone reads "1d", "0x1p3" and blanks.
            char c = text.charAt(i);
            if (!(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E') {
                return Double.NaN;
            }
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException malformed) {
            return Double.NaN;
        }
    }

    static CommandException missing(String option) {
        return CommandException.of("ERR Bad arguments for %s: Expected an argument, but none provided", option);
    }

    static CommandException notConvertible(String option) {
        return CommandException.of("ERR Bad arguments for %s: Could not convert argument to expected type", option);
    }
}
