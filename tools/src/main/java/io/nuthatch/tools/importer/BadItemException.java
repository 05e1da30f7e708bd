package io.nuthatch.tools.importer;

/// An item that cannot be imported, while those behind it can. Stackless: a file may hold millions.
final class BadItemException extends Exception {
    private final long place;

    /// @param place as [Source#describe] reads it
    BadItemException(long place, String message) {
        super(message, null, false, false);
        this.place = place;
    }

    long place() {
        return place;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
