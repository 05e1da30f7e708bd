package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.image.ItemSet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// Files of older checkpoints in which a new one leaves what has not changed: for one graph, for the rows of
/// one field, for the keys. Newest first, and no item in two of them.
///
/// The new checkpoint writes what has changed to a file of its own, and takes in what an older file still has
/// when that is less than half of the file, or no more than what it writes anyhow. So files hold at most
/// twice what counts, each kept one more than all newer ones together (twenty are a million times the first),
/// and an item is written again a number of times that grows with the logarithm of their number: the rule by
/// which log-structured merge trees join their runs (O'Neil et al. 1996).
final class Layers {
    private Layers() {}

    /// `parts` with the items that `unchanged` leaves of theirs.
    static List<Manifest.Part> narrow(List<Manifest.Part> parts, UnaryOperator<ItemSet> unchanged) {
        List<Manifest.Part> narrowed = new ArrayList<>();
        for (Manifest.Part part : parts) {
            narrowed.add(part.with(part.number(), unchanged.apply(part.counted())));
        }
        return narrowed;
    }

    /// How many items they have.
    static long count(List<Manifest.Part> parts) {
        return parts.stream().mapToLong(part -> part.counted().count()).sum();
    }

    /// All their items.
    static ItemSet items(List<Manifest.Part> parts) {
        ItemSet all = new ItemSet();
        parts.forEach(part -> all.addAll(part.counted()));
        return all;
    }

    /// Those of `parts` that stay when `fresh` items are written beside them, or more.
    static List<Manifest.Part> kept(List<Manifest.Part> parts, long fresh) {
        List<Manifest.Part> kept = new ArrayList<>();
        long written = fresh;
        for (Manifest.Part part : parts) {
            long count = part.counted().count();
            if (2 * count < part.stored() || count <= written) {
                written += count;
            } else {
                kept.add(part);
            }
        }
        return kept;
    }
}
