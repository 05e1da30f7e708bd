package io.nuthatch.persistence.recovery;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The oldest record of a log that could not be applied, as far as any thread came upon one. Any thread.
final class ReplayFailure {
    private record Failed(long lsn, Throwable cause) {}

    private final AtomicReference<@Nullable Failed> oldest = new AtomicReference<>();

    void add(long lsn, Throwable cause) {
        Failed failed = new Failed(lsn, cause);
        oldest.accumulateAndGet(failed, (had, next) -> had == null || failed.lsn < had.lsn ? next : had);
    }

    boolean isThere() {
        return oldest.get() != null;
    }

    /// Throws it, if there is one.
    void rethrow() {
        Failed failed = oldest.get();
        if (failed == null) {
            return;
        }
        if (failed.cause instanceof Error error) {
            throw error;
        }
        throw new IllegalStateException(
                "record " + failed.lsn + " cannot be applied: " + failed.cause.getMessage(), failed.cause);
    }
}
