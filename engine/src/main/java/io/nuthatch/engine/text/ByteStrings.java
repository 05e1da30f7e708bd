package io.nuthatch.engine.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// Strings that hold one byte of the wire per char (ISO-8859-1).
///
/// Names, tag values, terms and queries are arbitrary bytes to Redis. A [String] of Latin-1 chars keeps every
/// one of them, costs one byte a char in the heap, hashes and sorts as the bytes do, and gives query offsets
/// in bytes. Where letters matter (lower case, stems) the bytes are read as UTF-8, and left alone when they
/// are none.
///
/// Threads: any; all methods are pure.
public final class ByteStrings {
    private ByteStrings() {}

    /// The byte string of `bytes`.
    public static String of(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /// The bytes of a byte string; a char above 255 (which no byte string holds) becomes `?`.
    public static byte[] bytes(String byteString) {
        return byteString.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// The byte string of the UTF-8 form of `text`.
    public static String ofUnicode(String text) {
        return isAscii(text) ? text : of(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The text whose UTF-8 form `byteString` is, or the byte string itself when it is no UTF-8.
    public static String toUnicode(String byteString) {
        if (isAscii(byteString)) {
            return byteString;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes(byteString)))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            return byteString;
        }
    }

    /// Lower case: of the characters when `byteString` is UTF-8, else of the ASCII letters only.
    public static String lower(String byteString) {
        int length = byteString.length();
        boolean upper = false;
        boolean ascii = true;
        for (int i = 0; i < length; i++) {
            char c = byteString.charAt(i);
            upper |= c >= 'A' && c <= 'Z';
            ascii &= c < 0x80;
        }
        if (ascii) {
            return upper ? byteString.toLowerCase(Locale.ROOT) : byteString;
        }
        String text = toUnicode(byteString);
        if (!text.equals(byteString)) {
            return ofUnicode(text.toLowerCase(Locale.ROOT));
        }
        StringBuilder lower = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            char c = byteString.charAt(i);
            lower.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
        }
        return lower.toString();
    }

    /// Whether every char is below 128.
    public static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /// Whether the byte is white space as C's `isspace` has it.
    static boolean isSpace(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    /// Whether the byte is punctuation as C's `ispunct` has it.
    public static boolean isPunctuation(char c) {
        return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
    }

    /// `byteString` without white space at its ends.
    public static String trim(String byteString) {
        int start = 0;
        int end = byteString.length();
        while (start < end && isSpace(byteString.charAt(start))) {
            start++;
        }
        while (end > start && isSpace(byteString.charAt(end - 1))) {
            end--;
        }
        return byteString.substring(start, end);
    }
}
