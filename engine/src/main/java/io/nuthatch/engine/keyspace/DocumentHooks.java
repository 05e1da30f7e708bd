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
}
