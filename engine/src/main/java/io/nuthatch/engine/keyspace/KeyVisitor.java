package io.nuthatch.engine.keyspace;

/// Sees keys one by one, each under its stripe.
public interface KeyVisitor {
    /// `key` and `record` are valid during the call. The visitor must not write to the keyspace, block or
    /// take a stripe.
    void visit(Key key, long record);
}
