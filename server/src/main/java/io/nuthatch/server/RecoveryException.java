package io.nuthatch.server;

/// The data on disk cannot be loaded; the text is for whoever started the server.
final class RecoveryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    RecoveryException(String text, Throwable cause) {
        super(text, cause);
    }
}
