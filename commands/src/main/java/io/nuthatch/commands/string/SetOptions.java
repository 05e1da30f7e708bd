package io.nuthatch.commands.string;

import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.Expiry;
import io.nuthatch.resp.Args;
import org.jspecify.annotations.Nullable;

/// What follows key and value of `SET`.
///
/// @param condition when to store
/// @param expiry how the expiry is given, null when it is not
/// @param expiryIndex the argument that holds it
/// @param keepsExpiry whether the expiry of what was there stays
/// @param givesOld whether the reply is what was there
record SetOptions(
        Condition condition, @Nullable Expiry expiry, int expiryIndex, boolean keepsExpiry, boolean givesOld) {
    static final SetOptions NONE = new SetOptions(Condition.ALWAYS, null, 0, false, false);

    /// `NX` and `XX`.
    enum Condition {
        ALWAYS,
        IF_MISSING,
        IF_PRESENT
    }

    /// Reads the options; a contradiction or an unknown word is a syntax error. Saying the same twice is
    /// none.
    static SetOptions parse(Args args) {
        if (args.count() == 3) {
            return NONE;
        }
        Condition condition = Condition.ALWAYS;
        Expiry expiry = null;
        int expiryIndex = 0;
        boolean keepsExpiry = false;
        boolean givesOld = false;
        for (int i = 3; i < args.count(); i++) {
            Expiry named = expiryNamed(args, i);
            if (args.is(i, "NX") && condition != Condition.IF_PRESENT) {
                condition = Condition.IF_MISSING;
            } else if (args.is(i, "XX") && condition != Condition.IF_MISSING) {
                condition = Condition.IF_PRESENT;
            } else if (args.is(i, "GET")) {
                givesOld = true;
            } else if (args.is(i, "KEEPTTL") && expiry == null) {
                keepsExpiry = true;
            } else if (named != null && i + 1 < args.count() && !keepsExpiry && (expiry == null || expiry == named)) {
                expiry = named;
                i++;
                expiryIndex = i;
            } else {
                throw CommandException.syntax();
            }
        }
        return new SetOptions(condition, expiry, expiryIndex, keepsExpiry, givesOld);
    }

    /// What `EX`, `PX`, `EXAT` or `PXAT` at argument `index` mean; null for any other word.
    static @Nullable Expiry expiryNamed(Args args, int index) {
        if (args.is(index, "EX")) {
            return Expiry.SECONDS;
        }
        if (args.is(index, "PX")) {
            return Expiry.MILLIS;
        }
        if (args.is(index, "EXAT")) {
            return Expiry.UNIX_SECONDS;
        }
        return args.is(index, "PXAT") ? Expiry.UNIX_MILLIS : null;
    }
}
