package io.nuthatch.commands;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// The server's settings as commands see them; implemented by the server, whose table says each one's type.
///
/// Names are those of `conf/nuthatch.conf`, in lower case; Redis's older names (`hash-max-ziplist-entries`)
/// stand for the same setting. Values are text as `CONFIG GET` prints it: sizes in bytes, `yes` and `no`,
/// several words joined by one space. Asking for a name that is not in the table is a mistake of ours and
/// throws [IllegalArgumentException]. Thread-safe.
public interface Settings {
    /// The current value of an integer or of a size in bytes. The supplier stays true as the setting changes
    /// and costs one volatile read: take it once, keep it, and ask it at each use.
    LongSupplier number(String name);

    /// The current value of a yes-or-no setting; kept as [#number] is.
    BooleanSupplier flag(String name);

    /// The current value of any setting as text; kept as [#number] is.
    Supplier<String> text(String name);

    /// Names and values of the settings that match one of `patterns` (globs without regard to case), each
    /// once, in the table's order; older names appear only when they match.
    Map<String, String> matching(List<String> patterns);

    /// Sets every pair or, with a [CommandException] in Redis's words, none: `names` and `values` run side by
    /// side. Listeners have run when this returns.
    void set(List<String> names, List<String> values);

    /// Writes the settings back into the file they came from, its comments and order kept. Throws a
    /// [CommandException] when the server was started without a file.
    void rewrite() throws IOException;

    /// Runs `listener` after each change of `name`, on the thread that changed it. It must not throw.
    void onChange(String name, Runnable listener);
}
