package io.nuthatch.resp.rdb;

/// Bytes that are not LZF, or not of the length that was announced. Stackless: clients cause it.
public final class MalformedLzfException extends Exception {
    MalformedLzfException() {
        super("not what LZF packs", null, false, false);
    }
}
