package io.nuthatch.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// Measurements, one flat JSON object a line, appended to a file and shown on the console.
final class JsonLines implements AutoCloseable {
    private final PrintStream file;
    private final Map<String, Object> common;

    /// `common` leads every line.
    JsonLines(Path path, Map<String, Object> common) throws IOException {
        this.file = new PrintStream(
                Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND), true);
        this.common = common;
    }

    /// Names and values (strings and numbers) in turns.
    void add(String what, Object... fields) {
        Map<String, Object> line = new LinkedHashMap<>(common);
        line.put("what", what);
        for (int i = 0; i < fields.length; i += 2) {
            line.put((String) fields[i], fields[i + 1]);
        }
        StringBuilder text = new StringBuilder("{");
        line.forEach((name, value) -> text.append(text.length() > 1 ? ", " : "")
                .append('"')
                .append(name)
                .append("\": ")
                .append(
                        value instanceof String
                                ? "\"" + value + "\""
                                : value instanceof Double number
                                        ? String.format(Locale.ROOT, "%.6g", (double) number)
                                        : value));
        text.append('}');
        file.println(text);
        System.out.println(text);
    }

    @Override
    public void close() {
        file.close();
    }
}
