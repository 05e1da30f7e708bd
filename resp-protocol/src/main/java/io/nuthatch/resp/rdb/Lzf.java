package io.nuthatch.resp.rdb;

/// Decompression of LZF, Marc Lehmann's byte format, in which Redis packs long strings of a payload.
///
/// A control byte below 32 says that one more than so many literal bytes follow. Otherwise its upper three
/// bits plus 2 are the length of a repetition (7 there: the next byte is added), and its lower five bits with
/// the byte behind are how far back it begins, less one.
public final class Lzf {
    /// The most bytes that one packed byte can stand for, rounded up.
    private static final int MAX_RATIO = 264;

    private Lzf() {}

    /// The `unpackedLength` bytes that `length` bytes of `packed` from `start` on stand for. Nothing is
    /// allocated for a length that so many packed bytes cannot stand for.
    ///
    /// @throws MalformedLzfException when they stand for something else
    public static byte[] unpack(byte[] packed, int start, int length, long unpackedLength)
            throws MalformedLzfException {
        if (unpackedLength < 0
                || unpackedLength > (long) length * MAX_RATIO
                || unpackedLength > Integer.MAX_VALUE - 16) {
            throw new MalformedLzfException(); // Before anything is allocated for it.
        }
        byte[] out = new byte[(int) unpackedLength];
        int end = start + length;
        int in = start;
        int at = 0;
        while (in < end) {
            int control = packed[in] & 0xff;
            in++;
            if (control < 32) {
                int literals = control + 1;
                if (in + literals > end || at + literals > out.length) {
                    throw new MalformedLzfException();
                }
                System.arraycopy(packed, in, out, at, literals);
                in += literals;
                at += literals;
                continue;
            }
            int count = control >> 5;
            if (count == 7) {
                count += in < end ? packed[in] & 0xff : 0;
                in++;
            }
            count += 2;
            if (in >= end || at + count > out.length) {
                throw new MalformedLzfException();
            }
            int from = at - ((control & 0x1f) << 8) - (packed[in] & 0xff) - 1;
            in++;
            if (from < 0) {
                throw new MalformedLzfException();
            }
            for (int i = 0; i < count; i++) { // Byte by byte, as a repetition may reach into itself.
                out[at] = out[from + i];
                at++;
            }
        }
        if (at != out.length) {
            throw new MalformedLzfException();
        }
        return out;
    }
}
