package io.nuthatch.engine.effect;

/// The first byte of each effect in a record. Numbers on disk: none is ever used for something else.
///
/// ```
/// KEY              database (2), length (4), key        what follows is about this key
/// PUT_STRING       [expiry (8)], length (4), value
/// WRITE_RANGE      offset (4), length (4), bytes        the string grows with zeros where needed
/// REMOVE
/// EXPIRE_AT        expiry (8)                           0: none
/// PUT_FIELD        [expiry (8)], lengths (4, 4), field, value
/// REMOVE_FIELD     length (4), field                    the key goes with its last field
/// FIELD_EXPIRE_AT  expiry (8), length (4), field
/// FLUSH            database (2)
/// SWAP             database (2), database (2)
/// CREATE_INDEX     1: no first scan (1), length (4), definition
/// ALTER_INDEX      1: no scan (1), length (4), name, length (4), fields
/// DROP_INDEX       length (4), name
/// SET_ALIAS        length (4), alias, length (4), index
/// REMOVE_ALIAS     length (4), alias
/// ```
/// Every effect says what is now, about one key, and never refers to what another key holds: RENAME is a
/// REMOVE and the value under its new name. A replay may so begin at another record for each hash slot. (9
/// and 10 referred to another key; they are not used again.)
///
/// Numbers are little endian. The expiry in brackets is there when [#HAS_EXPIRY] is set in the code; expiries
/// are Unix milliseconds.
final class EffectCode {
    static final int KEY = 1;
    static final int PUT_STRING = 2;
    static final int WRITE_RANGE = 3;
    static final int REMOVE = 4;
    static final int EXPIRE_AT = 5;
    static final int PUT_FIELD = 6;
    static final int REMOVE_FIELD = 7;
    static final int FIELD_EXPIRE_AT = 8;
    static final int FLUSH = 11;
    static final int SWAP = 12;
    static final int CREATE_INDEX = 13;
    static final int ALTER_INDEX = 14;
    static final int DROP_INDEX = 15;
    static final int SET_ALIAS = 16;
    static final int REMOVE_ALIAS = 17;

    static final int HAS_EXPIRY = 0x80;

    private EffectCode() {}
}
