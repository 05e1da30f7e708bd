package io.nuthatch.engine.keyspace;

/// The key holds a value of another type than the operation is for. One instance without a stack trace.
public final class WrongTypeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// The instance.
    public static final WrongTypeException INSTANCE = new WrongTypeException();

    private WrongTypeException() {
        super("WRONGTYPE Operation against a key holding the wrong kind of value", null, false, false);
    }
}
