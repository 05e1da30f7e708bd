package io.nuthatch.tools.importer;

import java.io.IOException;

/// A file that cannot be read on from an offset.
final class MalformedFileException extends IOException {
    MalformedFileException(String file, long offset, String what) {
        super(file + ": offset " + offset + ": " + what);
    }
}
