package io.nuthatch.tools.importer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How much of each file the server has answered for, kept in a small file so that an import that was ended
/// by anything goes on there.
///
/// ```
/// nuthatch-import 1
/// options --key doc:{row}
/// vectors.npy<tab>bytes<tab>modified, Unix milliseconds<tab>items
/// ```
/// It is replaced as a whole. An item that was answered for after the last time is sent again.
final class ResumeState {
    private static final String MAGIC = "nuthatch-import 1";
    private static final int MAX_BYTES = 1 << 20;

    /// A file as it was when it was imported.
    private record Known(long bytes, long modifiedMillis, long items) {}

    private final Path path;
    private final String options;
    private final Map<String, Known> files = new LinkedHashMap<>();

    private ResumeState(Path path, String options) {
        this.path = path;
        this.options = options;
    }

    /// Reads the state; an empty one when there is no such file.
    ///
    /// @param options what must be the same for items to mean the same
    /// @throws IOException when it is of another version or of other options; the message says so
    static ResumeState open(Path path, String options) throws IOException {
        ResumeState state = new ResumeState(path, options);
        if (!Files.exists(path)) {
            return state;
        }
        if (Files.size(path) > MAX_BYTES) {
            throw state.wrong("is no state of an import");
        }
        List<String> lines = Files.readAllLines(path);
        if (lines.size() < 2 || !lines.getFirst().equals(MAGIC)) {
            throw state.wrong("is no state of an import, or one of another version");
        }
        if (!lines.get(1).equals("options " + options)) {
            throw state.wrong("was kept for other options (" + lines.get(1).substring("options".length())
                    + " ); remove it to begin anew");
        }
        for (String line : lines.subList(2, lines.size())) {
            String[] parts = line.split("\t", -1);
            if (parts.length != 4) {
                throw state.wrong("is damaged: '" + line + "'");
            }
            try {
                state.files.put(
                        parts[0],
                        new Known(Long.parseLong(parts[1]), Long.parseLong(parts[2]), Long.parseLong(parts[3])));
            } catch (NumberFormatException notANumber) {
                throw state.wrong("is damaged: '" + line + "'");
            }
        }
        return state;
    }

    /// The items of `file` that need not be sent again.
    ///
    /// @throws IOException when the file is not the one it was, or a pipe
    long itemsOf(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + " is no regular file: an import from it cannot be resumed");
        }
        Known known = files.get(file.toString());
        if (known == null) {
            return 0;
        }
        if (known.bytes != Files.size(file)
                || known.modifiedMillis != Files.getLastModifiedTime(file).toMillis()) {
            throw wrong("says that " + known.items + " items of " + file
                    + " are imported, but that file has changed since; remove the state to begin anew");
        }
        return known.items;
    }

    /// Writes down that the first `items` items of `file` need not be sent again.
    void keep(Path file, long items) throws IOException {
        files.put(
                file.toString(),
                new Known(Files.size(file), Files.getLastModifiedTime(file).toMillis(), items));
        StringBuilder text =
                new StringBuilder(MAGIC).append("\noptions ").append(options).append('\n');
        files.forEach((name, known) -> text.append(name)
                .append('\t')
                .append(known.bytes)
                .append('\t')
                .append(known.modifiedMillis)
                .append('\t')
                .append(known.items)
                .append('\n'));
        Path next = path.resolveSibling(path.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private IOException wrong(String what) {
        return new IOException(path + " " + what);
    }
}
