package io.nuthatch.tools.importer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A key with places for a row's fields: `doc:{id}`. `{row}` is the row's number in its file, from 0, unless
/// a field has that name.
final class KeyTemplate {
    static final String ROW = "row";

    private final List<String> parts = new ArrayList<>(); // Literals at even places, names at odd ones.

    /// @throws IllegalArgumentException when a brace is not closed, or nothing differs between rows
    KeyTemplate(String template) {
        int at = 0;
        while (true) {
            int open = template.indexOf('{', at);
            if (open < 0) {
                parts.add(template.substring(at));
                break;
            }
            int close = template.indexOf('}', open);
            if (close <= open + 1) {
                throw new IllegalArgumentException("'" + template + "' has a '{' without a name and '}' behind");
            }
            parts.add(template.substring(at, open));
            parts.add(template.substring(open + 1, close));
            at = close + 1;
        }
        if (parts.size() == 1) {
            throw new IllegalArgumentException(
                    "'" + template + "' is the same key for every row; write for example doc:{id} or doc:{row}");
        }
    }

    /// The key of a row.
    ///
    /// @throws BadItemException when the row lacks a field
    byte[] of(Row row) throws BadItemException {
        ByteArrayOutputStream key = new ByteArrayOutputStream();
        for (int i = 0; i < parts.size(); i++) {
            String part = parts.get(i);
            if (i % 2 == 0) {
                key.writeBytes(part.getBytes(StandardCharsets.UTF_8));
                continue;
            }
            int field = row.indexOf(part);
            if (field >= 0) {
                key.writeBytes(row.value(field));
            } else if (part.equals(ROW)) {
                key.writeBytes(Long.toString(row.number()).getBytes(StandardCharsets.US_ASCII));
            } else {
                throw new BadItemException(row.place(), "the key needs the field '" + part + "', which is not there");
            }
        }
        return key.toByteArray();
    }
}
