package io.nuthatch.persistence.checkpoint;

import org.jspecify.annotations.Nullable;

/// What a file of a checkpoint holds. The codes are on disks: none changes its meaning.
enum FileKind {
    MANIFEST(1, "manifest"),
    /// Definitions of the indexes.
    INDEXES(2, "indexes"),
    /// Nodes of one graph.
    GRAPH(3, "graph"),
    /// Small keys.
    KEYS(4, "keys"),
    /// Large values, and keys that came late.
    REST(5, "rest"),
    /// Rows of one field's vectors.
    ROWS(6, "rows");

    private final int code;
    private final String word;

    FileKind(int code, String word) {
        this.code = code;
        this.word = word;
    }

    int code() {
        return code;
    }

    /// Whether a file of an older checkpoint may go on counting in part.
    boolean hasItems() {
        return this == GRAPH || this == KEYS || this == REST || this == ROWS;
    }

    /// As it stands in the file's name.
    String word() {
        return word;
    }

    /// Null for a code that this version does not know.
    static @Nullable FileKind of(int code) {
        for (FileKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        return null;
    }
}
