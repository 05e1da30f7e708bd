package io.nuthatch.persistence.disk;

/// The machine loses power here: not to be caught by anything that survives it.
public final class PowerCut extends Error {
    private static final long serialVersionUID = 1;

    public PowerCut() {
        super("power cut", null, false, false);
    }
}
