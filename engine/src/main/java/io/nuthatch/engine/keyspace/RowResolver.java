package io.nuthatch.engine.keyspace;

/// Where the bytes of a hash field lie that is held once, as a row of a vector store.
///
/// Called under the key's stripe. The row stays valid until the stripe is released.
public interface RowResolver {
    /// Address of the row `ordinal` of the store `rowsId`.
    long address(int rowsId, int ordinal);

    /// Bytes of each row of the store `rowsId`.
    int bytes(int rowsId);
}
