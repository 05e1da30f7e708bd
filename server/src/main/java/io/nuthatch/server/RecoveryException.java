package io.nuthatch.server;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The data on disk cannot be loaded; the text is for whoever started the server.
final class RecoveryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    RecoveryException(String text, Throwable cause) {
        super(text, cause);
    }

    /// What follows the damage in a message about a file in `folder`, one of those in the data folder.
    static String advice(@Nullable Path folder) {
        Path data = folder == null ? null : folder.toAbsolutePath().normalize().getParent();
        return ". Nothing was changed. bin/nuthatch-check --verify " + data + " says what is left; --repair mends it,"
                + " keeps a copy and says what is lost";
    }
}
