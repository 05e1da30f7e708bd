package io.nuthatch.tools.importer;

import io.nuthatch.engine.vector.VectorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say what files are and what becomes of their rows, and how files are opened by them.
final class SourceOptions {
    @Option(
            names = "--format",
            description = {
                "What the files are: ${COMPLETION-CANDIDATES}.",
                "By their first bytes and their names without."
            })
    private @Nullable Format format;

    @Option(
            names = "--key",
            paramLabel = "TEMPLATE",
            description = {
                "The key of each row, such as doc:{id}: braces hold a field's name,",
                "and {row} the number of the row in its file, from 0."
            })
    private @Nullable String key;

    @Option(
            names = "--vector",
            paramLabel = "FIELD",
            description = {
                "The field of vectors. Of CSV and JSONL: the one whose numbers become bytes.",
                "Of files of vectors: the one to store them in (vector)."
            })
    private @Nullable String vector;

    @Option(
            names = "--type",
            description = {
                "The type of the field's components: ${COMPLETION-CANDIDATES}.",
                "FLOAT32 for text; of files of vectors as in the file. Integers are rounded and clamped."
            })
    private @Nullable VectorType type;

    @Option(names = "--fields", split = ",", paramLabel = "FIELD", description = "The fields to store; all without.")
    private Set<String> fields = Set.of();

    @Option(
            names = "--header",
            split = ",",
            paramLabel = "FIELD",
            description = "Names of the fields of CSV and TSV whose first row does not have them.")
    private List<String> header = List.of();

    @Option(names = "--separator", description = "What stands between values of CSV, in place of a comma.")
    private @Nullable Character separator;

    /// What must be the same for an import that is resumed.
    String fingerprint() {
        return "format=" + format + " key=" + key + " vector=" + vector + " type=" + type + " fields=" + fields
                + " header=" + header + " separator=" + separator;
    }

    /// Opens a file.
    ///
    /// @param known the kinds of keys that the server has
    /// @throws MalformedFileException when it is not what it should be
    /// @throws IllegalArgumentException when an option is missing or does not fit
    Source open(Path file, Set<RdbType.Kind> known) throws IOException {
        FileInput in = FileInput.open(file);
        try {
            Format found = formatOf(in);
            return switch (found) {
                case RDB -> new RdbSource(in, known);
                case COMMANDS -> new CommandFile(in);
                case CSV, TSV -> {
                    char between = separator != null ? separator : found == Format.TSV ? '\t' : ',';
                    yield rows(new CsvFile(in, between, header));
                }
                case JSONL -> rows(new JsonLines(in));
                case FVECS, BVECS, FBIN, U8BIN, I8BIN, NPY -> vectors(in, found);
            };
        } catch (IOException | IllegalArgumentException failure) {
            in.close();
            throw failure;
        }
    }

    /// What a file is.
    ///
    /// @throws IllegalArgumentException when nothing says
    Format formatOf(FileInput in) throws IOException {
        Format found = format != null ? format : Format.of(in);
        if (found == null) {
            throw new IllegalArgumentException(
                    in.name() + ": neither its name nor its first bytes say what it is;" + " give --format");
        }
        return found;
    }

    private Source rows(RowReader rows) {
        VectorBytes bytes =
                vector == null ? null : new VectorBytes(VectorType.FLOAT64, type == null ? VectorType.FLOAT32 : type);
        return new HashRows(rows, template(rows), fields, vector, bytes);
    }

    private Source vectors(FileInput in, Format found) throws IOException {
        String field = vector == null ? "vector" : vector;
        VectorFile.TypeChoice choice = inFile -> type == null ? inFile : type;
        VectorType inFile = found.type();
        RowReader rows;
        if (inFile == null) {
            rows = VectorFile.npy(in, choice, field);
        } else if (found == Format.FVECS || found == Format.BVECS) {
            rows = VectorFile.vecs(in, inFile, choice.of(inFile), field);
        } else {
            rows = VectorFile.bin(in, inFile, choice.of(inFile), field);
        }
        return new HashRows(rows, template(rows), Set.of(), field, null);
    }

    private KeyTemplate template(RowReader rows) {
        if (key == null) {
            throw new IllegalArgumentException(rows.input().name()
                    + " has rows, and --key says what their keys are; for example --key 'doc:{row}'");
        }
        return new KeyTemplate(key);
    }
}
