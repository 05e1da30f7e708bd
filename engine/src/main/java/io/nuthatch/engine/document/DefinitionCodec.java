package io.nuthatch.engine.document;

import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.text.StopWords;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Definitions of indexes as bytes, for the journal: a version, then each part in the order of its record,
/// lists with their length first, enums by their names, which are those of the wire. What decodes was checked
/// when it was created and is checked again.
public final class DefinitionCodec {
    private static final int VERSION = 1;
    private static final int MAX_ITEMS = 100_000;
    private static final int TEXT = 1;
    private static final int TAG = 2;
    private static final int NUMERIC = 3;
    private static final int VECTOR = 4;

    private DefinitionCodec() {}

    /// Writes to a stream, or reads from one, in memory.
    private interface Step<T> {
        void run(T stream) throws IOException;
    }

    private static byte[] write(Step<DataOutputStream> step) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            step.run(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    private static DataInputStream open(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        int version = in.readByte();
        if (version != VERSION) {
            throw new IOException("a definition of version " + version + " is from a newer Nuthatch");
        }
        return in;
    }

    static byte[] encode(IndexDefinition definition) {
        return write(out -> {
            text(out, definition.name());
            texts(out, definition.prefixes());
            fields(out, definition.fields());
            out.writeBoolean(definition.stopWords().isDefault());
            texts(out, definition.stopWords().sorted());
            text(out, definition.language());
            out.writeDouble(definition.score());
            texts(out, definition.options());
        });
    }

    static byte[] encode(List<FieldSpec> fields) {
        return write(out -> fields(out, fields));
    }

    /// What [#encode] made of a definition; throws [IllegalArgumentException] for anything else.
    public static IndexDefinition definition(byte[] bytes) {
        try (DataInputStream in = open(bytes)) {
            String name = text(in);
            List<String> prefixes = texts(in);
            List<FieldSpec> fields = fields(in);
            boolean isDefault = in.readBoolean();
            List<String> words = texts(in);
            StopWords stopWords = isDefault ? StopWords.DEFAULT : StopWords.of(words);
            return new IndexDefinition(name, prefixes, fields, stopWords, text(in), in.readDouble(), texts(in));
        } catch (IOException malformed) {
            throw new IllegalArgumentException("a malformed definition of an index", malformed);
        }
    }

    /// What [#encode] made of fields; throws [IllegalArgumentException] for anything else.
    public static List<FieldSpec> fields(byte[] bytes) {
        try (DataInputStream in = open(bytes)) {
            return fields(in);
        } catch (IOException malformed) {
            throw new IllegalArgumentException("malformed fields of an index", malformed);
        }
    }

    private static void fields(DataOutputStream out, List<FieldSpec> fields) throws IOException {
        out.writeInt(fields.size());
        for (FieldSpec field : fields) {
            text(out, field.identifier());
            text(out, field.name());
            texts(out, field.flags().stream().map(Enum::name).sorted().toList());
            switch (field.type()) {
                case FieldType.Text text -> {
                    out.writeByte(TEXT);
                    out.writeDouble(text.weight());
                    out.writeBoolean(text.noStem());
                }
                case FieldType.Tag tag -> {
                    out.writeByte(TAG);
                    out.writeChar(tag.separator());
                    out.writeBoolean(tag.caseSensitive());
                }
                case FieldType.Numeric() -> out.writeByte(NUMERIC);
                case FieldType.Vector vector -> {
                    out.writeByte(VECTOR);
                    vector(out, vector);
                }
            }
        }
    }

    private static List<FieldSpec> fields(DataInputStream in) throws IOException {
        List<FieldSpec> fields = new ArrayList<>();
        for (int left = count(in); left > 0; left--) {
            String identifier = text(in);
            String name = text(in);
            Set<FieldSpec.Flag> flags = EnumSet.noneOf(FieldSpec.Flag.class);
            new HashSet<>(texts(in)).forEach(flag -> flags.add(FieldSpec.Flag.valueOf(flag)));
            int kind = in.readByte();
            FieldType type = switch (kind) {
                case TEXT -> new FieldType.Text(in.readDouble(), in.readBoolean());
                case TAG -> new FieldType.Tag(in.readChar(), in.readBoolean());
                case NUMERIC -> new FieldType.Numeric();
                case VECTOR -> vector(in);
                default -> throw new IOException("unknown kind of field: " + kind);
            };
            fields.add(new FieldSpec(identifier, name, type, flags));
        }
        return fields;
    }

    private static void vector(DataOutputStream out, FieldType.Vector vector) throws IOException {
        text(out, vector.algorithm().name());
        text(out, vector.type().name());
        out.writeInt(vector.dim());
        text(out, vector.metric().name());
        out.writeLong(vector.initialCapacity());
        out.writeLong(vector.blockSize());
        out.writeInt(vector.maxConnections());
        out.writeInt(vector.efConstruction());
        out.writeInt(vector.efRuntime());
        out.writeDouble(vector.recall());
        out.writeDouble(vector.epsilon());
        text(out, vector.compression().name());
    }

    private static FieldType.Vector vector(DataInputStream in) throws IOException {
        return new FieldType.Vector(
                FieldType.Vector.Algorithm.valueOf(text(in)),
                VectorType.valueOf(text(in)),
                in.readInt(),
                Metric.valueOf(text(in)),
                in.readLong(),
                in.readLong(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readDouble(),
                in.readDouble(),
                Compression.valueOf(text(in)));
    }

    private static void texts(DataOutputStream out, List<String> texts) throws IOException {
        out.writeInt(texts.size());
        for (String text : texts) {
            text(out, text);
        }
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        List<String> texts = new ArrayList<>();
        for (int left = count(in); left > 0; left--) {
            texts.add(text(in));
        }
        return texts;
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = ByteStrings.bytes(text);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String text(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("a text of " + length + " bytes");
        }
        return ByteStrings.of(in.readNBytes(length));
    }

    private static int count(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > MAX_ITEMS) {
            throw new IOException("a list of " + count);
        }
        return count;
    }
}
