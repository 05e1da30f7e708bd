package io.nuthatch.persistence.disk;

import java.io.IOException;

/// A file is whole, but of a version of its format that is not read here: nothing is wrong with it, and
/// nothing is to be mended.
public final class OtherVersionException extends IOException {
    private static final long serialVersionUID = 1L;

    /// Of the file `file`; the versions from `oldest` to `newest` are read.
    public OtherVersionException(String file, int version, int oldest, int newest) {
        super(file + " has version " + version + " of its format, and this version of Nuthatch reads "
                + (oldest == newest ? "version " + newest : "versions " + oldest + " to " + newest)
                + ": start it with the version that wrote it");
    }
}
