package io.nuthatch.persistence.recovery;

import java.io.IOException;

/// Log and checkpoint are each whole and do not belong together. The server does not start on them.
public final class UnfitLogException extends IOException {
    private static final long serialVersionUID = 1;

    UnfitLogException(String what) {
        super(what);
    }
}
