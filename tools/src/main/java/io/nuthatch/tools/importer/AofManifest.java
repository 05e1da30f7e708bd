package io.nuthatch.tools.importer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The list of the files of an append-only log since Redis 7: a base, then increments by their numbers.
///
/// ```
/// file appendonly.aof.1.base.rdb seq 1 type b
/// file appendonly.aof.1.incr.aof seq 1 type i
/// ```
final class AofManifest {
    private static final int MAX_BYTES = 1 << 20;
    private static final Pattern LINE =
            Pattern.compile("file (?:\"([^\"\\\\]+)\"|(\\S+)) seq (\\d{1,18}) type ([bhi])(?: .*)?");

    private AofManifest() {}

    private record Part(Path file, long number, boolean isBase) {}

    /// Whether a path is a manifest or a folder with one.
    static boolean isAt(Path path) throws IOException {
        return Files.isDirectory(path) || path.toString().endsWith(".manifest");
    }

    /// The files to read, in order.
    ///
    /// @param path a manifest, or a folder that holds one
    /// @throws IOException when there is no manifest, or it is damaged, or a file is missing
    static List<Path> files(Path path) throws IOException {
        Path manifest = Files.isDirectory(path) ? find(path) : path;
        if (Files.size(manifest) > MAX_BYTES) {
            throw new IOException(manifest + ": more than " + MAX_BYTES + " bytes are no manifest");
        }
        List<Part> parts = new ArrayList<>();
        int number = 0;
        for (String line : Files.readAllLines(manifest)) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            Matcher matcher = LINE.matcher(line);
            String name = matcher.matches() ? matcher.group(1) == null ? matcher.group(2) : matcher.group(1) : "/";
            if (name.contains("/")) {
                throw new IOException(manifest + ": line " + number + " names no file of this folder: '" + line + "'");
            }
            char type = matcher.group(4).charAt(0);
            Path file = manifest.resolveSibling(name);
            if (type == 'h') {
                continue; // History: what a rewrite has replaced.
            }
            if (!Files.isRegularFile(file)) {
                throw new IOException(manifest + ": line " + number + ": there is no " + file);
            }
            parts.add(new Part(file, Long.parseLong(matcher.group(3)), type == 'b'));
        }
        if (parts.stream().filter(Part::isBase).count() > 1) {
            throw new IOException(manifest + ": two files are the base");
        }
        parts.sort(Comparator.comparing(Part::isBase).reversed().thenComparing(Part::number));
        return parts.stream().map(Part::file).toList();
    }

    private static Path find(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> found = entries.filter(file -> file.toString().endsWith(".manifest"))
                    .toList();
            if (found.size() != 1) {
                throw new IOException(
                        folder + ": " + found.size() + " files end in .manifest; name one, or the files to import");
            }
            return found.getFirst();
        }
    }
}
