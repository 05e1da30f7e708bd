package io.nuthatch.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Measurements, one flat JSON object a line, in a file and on the console.
///
/// They come in parts. A part that is done ends with a line that says so; what an interrupted run left of
/// another part is dropped when the file is opened again, so that a run goes on where one stopped.
final class JsonLines implements AutoCloseable {
    private static final String DONE = "done";

    private final PrintStream file;
    private final Map<String, Object> common;
    private final Set<String> done = new HashSet<>();
    private String part = "";

    /// `common` leads every line.
    JsonLines(Path path, Map<String, Object> common) throws IOException {
        this.common = common;
        List<String> lines = Files.exists(path) ? Files.readAllLines(path) : List.of();
        for (String line : lines) {
            if (valueOf(line, "what").equals(DONE)) {
                done.add(valueOf(line, "part"));
            }
        }
        Files.write(
                path,
                lines.stream()
                        .filter(line -> done.contains(valueOf(line, "part")))
                        .toList());
        this.file = new PrintStream(Files.newOutputStream(path, StandardOpenOption.APPEND), true);
    }

    private static String valueOf(String line, String name) {
        Matcher matcher = Pattern.compile('"' + name + "\": \"([^\"]*)\"").matcher(line);
        return matcher.find() ? matcher.group(1) : "";
    }

    boolean isDone(String partName) {
        return done.contains(partName);
    }

    /// What follows belongs to this part.
    void begin(String partName) {
        part = partName;
        System.out.println("# " + common.values() + ": " + partName);
    }

    /// The part that was begun last is complete.
    void end() {
        add(DONE);
        done.add(part);
    }

    /// Names and values (strings and numbers) in turns.
    void add(String what, Object... fields) {
        Map<String, Object> line = new LinkedHashMap<>(common);
        line.put("part", part);
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
