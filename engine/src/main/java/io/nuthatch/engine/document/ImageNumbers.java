package io.nuthatch.engine.document;

import java.util.List;

/// What the numbers of spaces and of rows, by which an image of a key says where its document is, stand for.
/// While these are equal, an image of a key that has not changed says what a new one would.
///
/// @param spaces ids of the spaces, by number
/// @param rows ids of the rows, by number
/// @param isScanned whether every index had read the keys that were there before it: until then keys become
///     documents without being changed
public record ImageNumbers(List<Integer> spaces, List<Integer> rows, boolean isScanned) {
    /// Whether images of keys that were written by these numbers may stand beside those written by `now`.
    public boolean fit(ImageNumbers now) {
        return isScanned && equals(now);
    }
}
