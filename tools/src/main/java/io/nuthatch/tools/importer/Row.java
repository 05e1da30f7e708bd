package io.nuthatch.tools.importer;

import java.util.ArrayList;
import java.util.List;

/// One row of a file: names of fields and their values as bytes. It is used again for the next row.
final class Row {
    private final List<String> names = new ArrayList<>();
    private final List<byte[]> values = new ArrayList<>();
    private long number;
    private long place;

    /// Begins a row without fields.
    ///
    /// @param next the row's number in its file, from 0
    /// @param where as [Source#describe] reads it
    void begin(long next, long where) {
        names.clear();
        values.clear();
        number = next;
        place = where;
    }

    void add(String name, byte[] value) {
        names.add(name);
        values.add(value);
    }

    int size() {
        return names.size();
    }

    String name(int i) {
        return names.get(i);
    }

    byte[] value(int i) {
        return values.get(i);
    }

    /// Where a field is, or -1.
    int indexOf(String name) {
        return names.indexOf(name);
    }

    /// The row's number in its file, from 0.
    long number() {
        return number;
    }

    long place() {
        return place;
    }
}
