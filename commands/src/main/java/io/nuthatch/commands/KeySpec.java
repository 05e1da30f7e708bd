package io.nuthatch.commands;

/// Where a command's keys stand among its arguments (Redis's key specifications).
///
/// Either a range (`first`, `last`, `step`; a negative `last` counts from the end, -1 is the last argument),
/// or a count argument at `first` followed by that many keys (`isCounted`).
///
/// @param first index of the first key, or of the count
/// @param last index of the last key; unused when counted
/// @param step distance between keys
/// @param isCounted whether `first` holds the number of keys that follow it
/// @param access `RO`, `RW`, `OW` or `RM`
/// @param intent `ACCESS`, `UPDATE`, `INSERT`, `DELETE`, two of them with a space between, or empty
public record KeySpec(int first, int last, int step, boolean isCounted, String access, String intent) {
    /// One key at `index`, read.
    public static KeySpec readOne(int index) {
        return new KeySpec(index, index, 1, false, "RO", "ACCESS");
    }

    /// One key at `index`, read and updated.
    public static KeySpec updateOne(int index) {
        return new KeySpec(index, index, 1, false, "RW", "UPDATE");
    }

    /// One key at `index`, overwritten.
    public static KeySpec overwriteOne(int index) {
        return new KeySpec(index, index, 1, false, "OW", "UPDATE");
    }

    /// Keys from `first` to `last` in steps.
    public static KeySpec range(int first, int last, int step, String access, String intent) {
        return new KeySpec(first, last, step, false, access, intent);
    }

    /// A count at `index` and that many keys behind it.
    public static KeySpec counted(int index, String access, String intent) {
        return new KeySpec(index, 0, 1, true, access, intent);
    }
}
