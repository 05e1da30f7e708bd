package io.nuthatch.engine;

/// Wall-clock time in milliseconds since the Unix epoch, as Redis counts expiry.
///
/// A command's time is read once, when the command is taken, and decides every expiry it meets.
/// Implementations may be called from any thread.
public interface EpochClock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    long nowMillis();
}
