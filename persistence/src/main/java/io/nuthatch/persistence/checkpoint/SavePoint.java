package io.nuthatch.persistence.checkpoint;

import java.util.ArrayList;
import java.util.List;

/// One pair of `save`: a checkpoint is due when so many changes were made and the last one is so long ago.
///
/// @param seconds 1 or more
/// @param changes 0 or more
public record SavePoint(long seconds, long changes) {
    /// The points of a text as `CONFIG GET save` prints it: pairs of numbers, or nothing.
    public static List<SavePoint> parse(String text) {
        List<SavePoint> points = new ArrayList<>();
        String[] words = text.isBlank() ? new String[0] : text.strip().split("\\s+");
        if (words.length % 2 != 0) {
            throw new IllegalArgumentException("save points are pairs of seconds and changes: " + text);
        }
        for (int i = 0; i < words.length; i += 2) {
            SavePoint point = new SavePoint(Long.parseLong(words[i]), Long.parseLong(words[i + 1]));
            if (point.seconds < 1 || point.changes < 0) {
                throw new IllegalArgumentException(
                        "a save point of " + point.seconds + " seconds and " + point.changes + " changes");
            }
            points.add(point);
        }
        return List.copyOf(points);
    }
}
