package io.nuthatch.server;

/// The version of this build.
final class Version {
    /// As `0.1.0`.
    static final String STRING = "0.1.0";

    private Version() {}
}
