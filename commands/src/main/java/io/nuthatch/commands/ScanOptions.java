package io.nuthatch.commands;

import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What follows the cursor of `SCAN` and its like.
///
/// @param pattern what the elements must match; null for everything
/// @param count how many elements to look at, 1 to [#MAX_COUNT]
/// @param type the type the keys must have, in lower case; null for any
/// @param withValues false with `NOVALUES`
public record ScanOptions(
        @Nullable Glob pattern, int count, @Nullable String type, boolean withValues) {
    /// More elements than these are not looked at in one call, whatever `COUNT` says: it is a hint, and
    /// others wait.
    public static final int MAX_COUNT = 100_000;

    private static final int DEFAULT_COUNT = 10;

    /// What is scanned, as some options are for one of them only.
    public enum Kind {
        KEYS,
        HASH
    }

    /// Reads the options from argument `first` on.
    public static ScanOptions parse(Args args, int first, Kind kind) {
        Glob pattern = null;
        int count = DEFAULT_COUNT;
        String type = null;
        boolean withValues = true;
        for (int i = first; i < args.count(); i++) {
            boolean hasValue = i + 1 < args.count();
            if (args.is(i, "COUNT") && hasValue) {
                i++;
                long wanted = Arguments.integer(args, i);
                if (wanted < 1) {
                    throw CommandException.syntax();
                }
                count = (int) Math.min(wanted, MAX_COUNT);
            } else if (args.is(i, "MATCH") && hasValue) {
                i++;
                Glob given = Glob.of(args.bytes(i));
                pattern = given.matchesEverything() ? null : given;
            } else if (args.is(i, "TYPE") && hasValue && kind == Kind.KEYS) {
                i++;
                type = args.text(i).toLowerCase(Locale.ROOT);
            } else if (args.is(i, "NOVALUES")) {
                if (kind != Kind.HASH) {
                    throw new CommandException("ERR NOVALUES option can only be used in HSCAN");
                }
                withValues = false;
            } else {
                throw CommandException.syntax();
            }
        }
        return new ScanOptions(pattern, count, type, withValues);
    }

    /// The cursor in argument `index`: an unsigned integer of 64 bits.
    public static long cursor(Args args, int index) {
        int length = args.length(index);
        long cursor = 0;
        for (int at = 0; at < length; at++) {
            int digit = args.byteAt(index, at) - '0';
            // 10 * cursor + digit overflows exactly when cursor is above (2^64 - 1 - digit) / 10.
            if (digit < 0 || digit > 9 || Long.compareUnsigned(cursor, Long.divideUnsigned(-1L - digit, 10)) > 0) {
                throw invalidCursor();
            }
            cursor = cursor * 10 + digit;
        }
        if (length == 0) {
            throw invalidCursor();
        }
        return cursor;
    }

    /// The reply: the cursor to go on from and the elements.
    public static void writeReply(long cursor, List<byte[]> elements, ReplyWriter reply) {
        reply.array(2);
        reply.bulk(Long.toUnsignedString(cursor));
        reply.array(elements.size());
        for (byte[] element : elements) {
            reply.bulk(element);
        }
    }

    private static CommandException invalidCursor() {
        return new CommandException("ERR invalid cursor");
    }
}
