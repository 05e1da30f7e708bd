package io.nuthatch.engine.document;

import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.image.ImageWriter;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.text.StopWords;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// An [IndexDefinition] as bytes: its parts in their order, enums by their names, so that a new constant
/// changes no number on a disk. What is read is checked as FT.CREATE's words are.
final class IndexImage {
    private static final int TEXT = 1;
    private static final int TAG = 2;
    private static final int NUMERIC = 3;
    private static final int VECTOR = 4;
    private static final int MAX_STRING_BYTES = 512 << 20;

    private IndexImage() {}

    static void write(IndexDefinition definition, ImageWriter out) {
        out.putString(definition.name());
        strings(definition.prefixes(), out);
        out.putInt(definition.fields().size());
        for (FieldSpec field : definition.fields()) {
            field(field, out);
        }
        out.putByte(definition.stopWords().isDefault() ? 1 : 0);
        strings(definition.stopWords().sorted(), out);
        out.putString(definition.language());
        out.putDouble(definition.score());
        strings(definition.options(), out);
    }

    static IndexDefinition read(ImageReader in) {
        String name = string(in);
        List<String> prefixes = strings(in, IndexDefinition.MAX_PREFIXES);
        int count = in.getCount(IndexDefinition.MAX_FIELDS);
        try {
            List<FieldSpec> fields = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                fields.add(field(in));
            }
            boolean isDefault = in.getByte() != 0;
            List<String> words = strings(in, IndexDefinition.MAX_STOP_WORDS);
            return new IndexDefinition(
                    name,
                    prefixes,
                    fields,
                    isDefault ? StopWords.DEFAULT : StopWords.of(words),
                    string(in),
                    in.getDouble(),
                    strings(in, Short.MAX_VALUE));
        } catch (SearchException refused) {
            throw in.malformed("index " + name + " is none: " + refused.getMessage());
        }
    }

    private static void field(FieldSpec field, ImageWriter out) {
        out.putString(field.identifier());
        out.putString(field.name());
        strings(field.flags().stream().map(Enum::name).sorted().toList(), out);
        switch (field.type()) {
            case FieldType.Text text -> {
                out.putByte(TEXT);
                out.putDouble(text.weight());
                out.putByte(text.noStem() ? 1 : 0);
            }
            case FieldType.Tag tag -> {
                out.putByte(TAG);
                out.putShort(tag.separator());
                out.putByte(tag.caseSensitive() ? 1 : 0);
            }
            case FieldType.Numeric numeric -> out.putByte(NUMERIC);
            case FieldType.Vector vector -> {
                out.putByte(VECTOR);
                out.putString(vector.algorithm().name());
                out.putString(vector.type().name());
                out.putInt(vector.dim());
                out.putString(vector.metric().name());
                out.putLong(vector.initialCapacity());
                out.putLong(vector.blockSize());
                out.putInt(vector.maxConnections());
                out.putInt(vector.efConstruction());
                out.putInt(vector.efRuntime());
                out.putDouble(vector.recall());
                out.putDouble(vector.epsilon());
                out.putString(vector.compression().name());
            }
        }
    }

    private static FieldSpec field(ImageReader in) {
        String identifier = string(in);
        String name = string(in);
        Set<FieldSpec.Flag> flags = EnumSet.noneOf(FieldSpec.Flag.class);
        for (String flag : strings(in, FieldSpec.Flag.values().length)) {
            flags.add(constant(FieldSpec.Flag.class, flag, in));
        }
        FieldType type = switch (in.getByte()) {
            case TEXT -> new FieldType.Text(in.getDouble(), in.getByte() != 0);
            case TAG -> new FieldType.Tag((char) in.getShort(), in.getByte() != 0);
            case NUMERIC -> new FieldType.Numeric();
            case VECTOR ->
                new FieldType.Vector(
                        constant(FieldType.Vector.Algorithm.class, string(in), in),
                        constant(VectorType.class, string(in), in),
                        in.getInt(),
                        constant(Metric.class, string(in), in),
                        in.getLong(),
                        in.getLong(),
                        in.getInt(),
                        in.getInt(),
                        in.getInt(),
                        in.getDouble(),
                        in.getDouble(),
                        constant(Compression.class, string(in), in));
            default -> throw in.malformed("field " + name + " of a kind that this version does not know");
        };
        return new FieldSpec(identifier, name, type, flags);
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
