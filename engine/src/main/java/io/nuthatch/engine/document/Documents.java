package io.nuthatch.engine.document;

import org.jspecify.annotations.Nullable;

/// The documents behind an index, as a search needs them. Its methods take stripes themselves: the caller
/// holds no lock of an index, and no stripe or all.
interface Documents {
    /// Removes every document whose time has come, so that no search returns one.
    void expireDue();

    /// The ordinal of the key (a byte string) in `space`, -1 when it is no document of it.
    int ordinalOf(String key, DocumentSpace space);

    /// The value of a field as a byte string; null when the key or the field is not there.
    @Nullable
    String field(byte[] key, String identifier);
}
