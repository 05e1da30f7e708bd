package io.nuthatch.commands.hash;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.CommandException;
import io.nuthatch.resp.Args;

/// `FIELDS numfields field [field ...]`, with which a command on the expiry of fields ends.
///
/// @param first the argument with the first field
/// @param count how many there are
record FieldList(int first, int count) {
    /// Reads the list whose word `FIELDS` is argument `at`; `badCount` is the error for a count below 1.
    static FieldList parse(Args args, int at, String badCount) {
        if (!args.is(at, "FIELDS")) {
            throw new CommandException("ERR Mandatory argument FIELDS is missing or not at the right position");
        }
        int first = at + 2;
        long count = 0;
        if (at + 1 < args.count()) {
            count = count(args, at + 1);
        }
        if (count < 1) {
            throw new CommandException(badCount);
        }
        if (count != args.count() - first) {
            throw new CommandException("ERR The `numfields` parameter must match the number of arguments");
        }
        return new FieldList(first, (int) count);
    }

    /// Argument `index` as a count; 0 when it is no integer.
    static long count(Args args, int index) {
        try {
            return Arguments.integer(args, index);
        } catch (CommandException notAnInteger) {
            return 0;
        }
    }
}
