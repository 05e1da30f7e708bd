package io.nuthatch.tools.importer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Rows as hashes: `HSET` with a key by a template.
final class HashRows implements Source {
    private static final byte[] HSET = "HSET".getBytes(StandardCharsets.US_ASCII);

    private final RowReader rows;
    private final KeyTemplate key;
    private final Set<String> fields;
    private final @Nullable String vectorField;
    private final @Nullable VectorBytes vectorOfText;
    private final Row row = new Row();
    private int vectorBytes = -1; // As the first one had.

    /// @param fields those that are stored; all when empty
    /// @param vectorField the field that holds a vector as text, or null
    /// @param vectorOfText what makes bytes of it; null when the rows have bytes already
    HashRows(
            RowReader rows,
            KeyTemplate key,
            Set<String> fields,
            @Nullable String vectorField,
            @Nullable VectorBytes vectorOfText) {
        this.rows = rows;
        this.key = key;
        this.fields = fields;
        this.vectorField = vectorField;
        this.vectorOfText = vectorOfText;
    }

    @Override
    public boolean next(CommandSink sink) throws IOException, BadItemException {
        if (!rows.next(row)) {
            return false;
        }
        byte[] name = key.of(row);
        byte[] vector = vectorOfText == null ? null : vector(vectorOfText);
        int count = 0;
        for (int i = 0; i < row.size(); i++) {
            count += isStored(i) ? 1 : 0;
        }
        if (count == 0) {
            throw new BadItemException(row.place(), "no field has a value");
        }
        sink.begin(2 + 2 * count);
        sink.argument(HSET);
        sink.argument(name);
        for (int i = 0; i < row.size(); i++) {
            if (isStored(i)) {
                sink.argument(row.name(i).getBytes(StandardCharsets.UTF_8));
                sink.argument(vector != null && row.name(i).equals(vectorField) ? vector : row.value(i));
            }
        }
        sink.end(row.place());
        return true;
    }

    private boolean isStored(int i) {
        return fields.isEmpty() || fields.contains(row.name(i)) || row.name(i).equals(vectorField);
    }

    private byte @Nullable [] vector(VectorBytes bytes) throws BadItemException {
        int field = vectorField == null ? -1 : row.indexOf(vectorField);
        if (field < 0) {
            return null; // A document without a vector.
        }
        byte[] vector;
        try {
            vector = bytes.ofText(new String(row.value(field), StandardCharsets.UTF_8));
        } catch (NumberFormatException malformed) {
            throw new BadItemException(
                    row.place(), "field '" + vectorField + "' is no vector: " + malformed.getMessage());
        }
        if (vectorBytes >= 0 && vector.length != vectorBytes) {
            throw new BadItemException(
                    row.place(),
                    "field '" + vectorField + "' has " + vector.length + " bytes as a vector, and the first row's "
                            + vectorBytes);
        }
        vectorBytes = vector.length;
        return vector;
    }

    @Override
    public void skip(long items) throws IOException {
        rows.skip(items);
    }

    @Override
    public long position() {
        return rows.input().offset();
    }

    @Override
    public long size() {
        return rows.input().size();
    }

    @Override
    public String describe(long place) {
        return rows.unit() + " " + place;
    }

    @Override
    public void close() throws IOException {
        rows.close();
    }
}
