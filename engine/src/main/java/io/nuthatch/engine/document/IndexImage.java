package io.nuthatch.engine.document;

import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.image.ImageWriter;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.text.ByteStrings;
import java.util.ArrayList;
import java.util.List;

/// What the image of the indexes is made of: definitions as the journal has them, names and constants by
/// their names, so that a new constant changes no number on a disk. What is read is checked.
final class IndexImage {
    private static final int MAX_STRING_BYTES = 512 << 20;

    private IndexImage() {}

    static void write(IndexDefinition definition, ImageWriter out) {
        out.putString(ByteStrings.of(DefinitionCodec.encode(definition)));
    }

    static IndexDefinition read(ImageReader in) {
        try {
            return DefinitionCodec.definition(ByteStrings.bytes(string(in)));
        } catch (IllegalArgumentException | SearchException refused) {
            throw in.malformed("a definition of an index: " + refused.getMessage());
        }
    }

    /// The constant of that name; refused by name when this version has none.
    static <E extends Enum<E>> E constant(Class<E> kind, String name, ImageReader in) {
        try {
            return Enum.valueOf(kind, name);
        } catch (IllegalArgumentException unknown) {
            throw in.malformed(kind.getSimpleName() + " " + name + ", which this version does not know,");
        }
    }

    static void strings(List<String> strings, ImageWriter out) {
        out.putInt(strings.size());
        strings.forEach(out::putString);
    }

    static List<String> strings(ImageReader in, int max) {
        int count = in.getCount(max);
        List<String> strings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            strings.add(string(in));
        }
        return strings;
    }

    static String string(ImageReader in) {
        return in.getString(MAX_STRING_BYTES);
    }
}
