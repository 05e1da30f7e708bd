package io.nuthatch.server;

import java.nio.file.Path;

/// The data on disk cannot be loaded; the text is for whoever started the server.
final class RecoveryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    RecoveryException(String text, Throwable cause) {
        super(text, cause);
    }

    /// A file in `folder`, one of those in the data folder, is not what was written. `what`: whose it is.
    static RecoveryException damaged(String what, Path folder, Exception damage) {
        Path data = folder.toAbsolutePath().normalize().getParent();
        return new RecoveryException(
                what + ": " + folder + ": " + damage.getMessage()
                        + ". Nothing was changed. bin/nuthatch-check --verify " + data
                        + " says what is left; --repair mends it, keeps a copy and says what is lost",
                damage);
    }
}
