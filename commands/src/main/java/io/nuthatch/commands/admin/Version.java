package io.nuthatch.commands.admin;

/// What the server says of its version.
public final class Version {
    /// The Redis whose commands, replies and errors are spoken; clients gate features on it.
    public static final String REDIS = "8.2.3";

    /// Our own.
    public static final String NUTHATCH = "0.1.0";

    private Version() {}
}
