package io.nuthatch.engine.image;

/// An image says what no writer ever writes: it was damaged, or made by a faulty program.
public final class MalformedImageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MalformedImageException(String message) {
        super(message);
    }
}
