package io.nuthatch.commands;

import io.nuthatch.resp.Args;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Bytes as a map's key: a channel's name, a watched or tracked key. Immutable; the array is not to be
/// changed.
public final class ByteString implements Comparable<ByteString> {
    private final byte[] bytes;
    private final int hash;

    private ByteString(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
    }

    /// Keeps `bytes`.
    public static ByteString of(byte[] bytes) {
        return new ByteString(bytes);
    }

    /// The UTF-8 bytes of `text`.
    public static ByteString of(String text) {
        return new ByteString(text.getBytes(StandardCharsets.UTF_8));
    }

    /// A copy of argument `index`.
    public static ByteString of(Args args, int index) {
        return new ByteString(args.bytes(index));
    }

    public byte[] bytes() {
        return bytes;
    }

    /// Whether it begins with `prefix`.
    public boolean startsWith(ByteString prefix) {
        return bytes.length >= prefix.bytes.length
                && Arrays.equals(bytes, 0, prefix.bytes.length, prefix.bytes, 0, prefix.bytes.length);
    }

    @Override
    public int compareTo(ByteString other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ByteString string && hash == string.hash && Arrays.equals(bytes, string.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
