package io.nuthatch.engine.keyspace;

/// What a key holds. The code is kept in four bits of the record.
public enum ValueType {
    STRING(1, "string"),
    HASH(5, "hash");

    private static final ValueType[] BY_CODE = new ValueType[16];

    static {
        for (ValueType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;
    private final String typeName;

    ValueType(int code, String typeName) {
        this.code = code;
        this.typeName = typeName;
    }

    /// As [Record#type] gives it.
    public int code() {
        return code;
    }

    /// As `TYPE` and `SCAN … TYPE` name it.
    public String typeName() {
        return typeName;
    }

    /// The type with `code`, which must exist.
    public static ValueType of(int code) {
        return BY_CODE[code];
    }
}
