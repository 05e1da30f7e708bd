package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.document.ImageNumbers;
import java.util.List;
import java.util.Map;

/// The checkpoint that this process wrote or read last, in whose files the next one may leave what has not
/// changed since: what a mark of `ChangeMarks` is missing on is there.
///
/// @param manifest what it consists of
/// @param numbers what numbers in its keys refer to
/// @param graphs its files of each graph, by the `HnswIndex`; newest first, as in the manifest
/// @param rows its files of each field's rows, by the id of the rows
record Predecessor(
        Manifest manifest,
        ImageNumbers numbers,
        Map<Object, List<Manifest.Part>> graphs,
        Map<Integer, List<Manifest.Part>> rows) {

    /// Its files of that graph; none when it does not have it.
    List<Manifest.Part> ofGraph(Object index) {
        return graphs.getOrDefault(index, List.of());
    }

    List<Manifest.Part> ofRows(int id) {
        return rows.getOrDefault(id, List.of());
    }

    /// Its files of small keys; none when new keys would be written by other numbers.
    List<Manifest.Part> keys(ImageNumbers now) {
        return numbers.fit(now) ? manifest.of(FileKind.KEYS) : List.of();
    }
}
