package io.nuthatch.engine.recall;

/// One search that was answered and is to be run again exactly.
///
/// Threads: one at a time.
public interface RecallCheck {
    /// How a check ended.
    enum Outcome {
        /// Its recall is known and counted.
        MEASURED,
        /// Too many of the documents changed since the search, or the index is gone.
        STALE,
        /// There was no time for it.
        GIVEN_UP
    }

    /// Bytes that it keeps while it waits, about.
    int bytes();

    /// Whether a width of walk waits for what it will say.
    boolean isUrgent();

    /// When the search was answered, on the clock of [LiveRecall].
    long atNanos();

    /// Runs it; holds no lock at its beginning and end.
    ///
    /// @param deadlineNanos when to give up
    Outcome run(long deadlineNanos);
}
