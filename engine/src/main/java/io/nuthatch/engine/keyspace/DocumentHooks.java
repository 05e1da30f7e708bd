package io.nuthatch.engine.keyspace;

/// What the index of documents must know before a record goes; it also resolves the rows that fields refer
/// to.
///
/// Called under the key's stripe (FLUSHALL: under all of them), for records whose document word is not 0
/// only.
public interface DocumentHooks extends RowResolver {
    /// The record is about to be freed, overwritten by another value, expired, renamed away or flushed.
    ///
    /// The record is still whole and may be read; references to rows were replaced by their bytes only where
    /// the value lives on (rename). The document word is void after the call. `key` is valid during the call.
    void beforeRemove(Database database, Key key, long record);

    /// All keys of `database` are about to be flushed, under all stripes. True when every document of it was
    /// let go, with all rows its fields refer to: nobody reads a value of this database before its memory is
    /// freed, and no [#beforeRemove] comes for its keys. False to be asked key by key.
    default boolean beforeFlush(Database database) {
        return false;
    }
}
