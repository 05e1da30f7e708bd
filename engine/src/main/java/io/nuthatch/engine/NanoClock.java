package io.nuthatch.engine;

/// Monotonic time for measuring durations; its zero has no meaning.
///
/// Implementations may be called from any thread.
public interface NanoClock {
    /// Nanoseconds since an arbitrary origin; never runs backwards.
    long nanoTime();
}
