package io.nuthatch.tools.importer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What tests of sources share.
final class Sources {
    static final Path GOLDEN = Path.of("src", "test", "golden");

    private Sources() {}

    /// All commands of a source; errors of items become lines `! place message`.
    static List<String> read(Source source) throws IOException {
        RecordingSink sink = new RecordingSink();
        List<String> errors = new ArrayList<>();
        while (true) {
            try {
                if (!source.next(sink)) {
                    break;
                }
            } catch (BadItemException bad) {
                errors.add("! " + source.describe(bad.place()) + " " + bad.text());
            }
        }
        List<String> all = new ArrayList<>(sink.lines());
        all.addAll(errors);
        return all;
    }

    /// Text as a stream whose size is not known.
    static FileInput stream(String latin1) {
        return FileInput.of("test", new ByteArrayInputStream(latin1.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /// Bytes as a file whose size is known.
    static FileInput file(Path folder, byte[] bytes) {
        try {
            Path file = Files.createTempFile(folder, "input", "");
            Files.write(file, bytes);
            return FileInput.open(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
