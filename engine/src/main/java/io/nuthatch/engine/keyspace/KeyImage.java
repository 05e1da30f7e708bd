package io.nuthatch.engine.keyspace;

/// The items of which an image of keys consists. Little endian; lengths and counts are ints.
///
/// ```
/// RUN           u16 hash slot, u16 database: of the items that follow
/// STRING        header, value length, value
/// HASH          header, number of fields, fields, document
/// LARGE_STRING  header; then PIECEs, END
/// LARGE_HASH    header; then FIELDS and LARGE_FIELDs in any order, END, document
///   FIELDS      number of fields, fields
///   LARGE_FIELD u8 flags, [expiry], name length, name; then PIECEs, END
/// PIECE         length, bytes
/// END
/// GONE          header: the key is not there, whatever came before
/// VOID          what the last LARGE_ item began is not to be kept
///
/// header   u8 flags, [i64 expiry], key length, key
/// field    u8 flags, [i64 expiry], name length, name, value length, value
///          with ROW instead of the value: number of the rows, ordinal
/// document what DocumentImages.Source wrote
/// ```
/// A key that comes twice is what it was the second time. The numbers are on disks: none changes its meaning.
final class KeyImage {
    static final int RUN = 1;
    static final int STRING = 2;
    static final int HASH = 3;
    static final int LARGE_STRING = 4;
    static final int LARGE_HASH = 5;
    static final int FIELDS = 6;
    static final int LARGE_FIELD = 7;
    static final int PIECE = 8;
    static final int END = 9;
    static final int VOID = 10;
    static final int GONE = 11;

    /// Flags of a header and of a field.
    static final int EXPIRES = 1;

    /// Flag of a field: its value is a reference to a row.
    static final int ROW = 2;

    /// Flags of a header: what `OBJECT ENCODING` knows and the value does not tell.
    static final int RAW = 2;

    static final int LARGE_ENCODING = 4;
    static final int FIELD_EXPIRY = 8;

    private KeyImage() {}
}
