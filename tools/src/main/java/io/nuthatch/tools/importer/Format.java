package io.nuthatch.tools.importer;

import io.nuthatch.engine.vector.VectorType;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The kinds of files that can be imported.
enum Format {
    RDB(null),
    COMMANDS(null),
    CSV(null),
    TSV(null),
    JSONL(null),
    FVECS(VectorType.FLOAT32),
    BVECS(VectorType.UINT8),
    FBIN(VectorType.FLOAT32),
    U8BIN(VectorType.UINT8),
    I8BIN(VectorType.INT8),
    NPY(null);

    private final @Nullable VectorType type;

    Format(@Nullable VectorType type) {
        this.type = type;
    }

    /// The type of the file's components, where the format has one.
    @Nullable
    VectorType type() {
        return type;
    }

    /// What a file is, by its first bytes and else by its name; null when neither says.
    static @Nullable Format of(FileInput in) throws IOException {
        if (in.startsWith(RdbReader.MAGIC) || in.startsWith(RdbReader.VALKEY_MAGIC)) {
            return RDB;
        }
        if (in.startsWith(NpyHeader.MAGIC)) {
            return NPY;
        }
        String name = in.name().toLowerCase(Locale.ROOT);
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "csv" -> CSV;
            case "tsv" -> TSV;
            case "jsonl", "ndjson" -> JSONL;
            case "fvecs" -> FVECS;
            case "bvecs" -> BVECS;
            case "fbin" -> FBIN;
            case "u8bin" -> U8BIN;
            case "i8bin" -> I8BIN;
            case "aof", "resp", "redis" -> COMMANDS;
            default -> in.peek() == '*' ? COMMANDS : null;
        };
    }
}
