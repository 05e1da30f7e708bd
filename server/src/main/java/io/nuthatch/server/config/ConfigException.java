package io.nuthatch.server.config;

/// A setting that cannot be used: the server does not start. The message says where, what was given and what
/// was expected, and stands alone on a line.
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    ConfigException(String message) {
        super(message);
    }

    /// The line for the operator.
    public String text() {
        return String.valueOf(getMessage());
    }
}
