package io.nuthatch.commands.tracking;

import io.nuthatch.commands.ByteString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How one client is tracked. Changed by the client's own thread; read by those that invalidate.
public final class Tracking {
    /// What `CLIENT TRACKING ON` was told.
    ///
    /// @param redirect id of the client that gets the messages; 0 for the client itself
    /// @param prefixes in broadcast mode, whose keys are told of; never empty there
    public record Options(
            boolean isBroadcast,
            boolean isOptIn,
            boolean isOptOut,
            boolean isNoLoop,
            long redirect,
            List<ByteString> prefixes) {}

    private final Options options;
    private volatile boolean isRedirectBroken;
    private @Nullable Boolean nextIsCached; // CLIENT CACHING; the client's own.

    Tracking(Options options) {
        this.options = options;
    }

    public Options options() {
        return options;
    }

    /// Whether the client that was to get the messages has gone.
    public boolean isRedirectBroken() {
        return isRedirectBroken;
    }

    void setRedirectBroken(boolean value) {
        isRedirectBroken = value;
    }

    /// What `CLIENT CACHING` said of the next command; null when it said nothing.
    public @Nullable Boolean nextIsCached() {
        return nextIsCached;
    }

    /// `CLIENT CACHING`.
    public void setNextIsCached(@Nullable Boolean value) {
        nextIsCached = value;
    }

    /// Whether the keys that the client reads now are remembered.
    boolean remembers() {
        if (options.isBroadcast) {
            return false;
        }
        if (options.isOptIn) {
            return Boolean.TRUE.equals(nextIsCached);
        }
        return !options.isOptOut || !Boolean.FALSE.equals(nextIsCached);
    }
}
