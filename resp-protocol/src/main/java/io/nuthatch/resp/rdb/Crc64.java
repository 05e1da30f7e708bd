package io.nuthatch.resp.rdb;

/// The checksum at the end of an RDB file and of a `DUMP` payload: CRC-64 with the Jones polynomial,
/// reflected, starting at zero, not inverted (<http://www.cl.cam.ac.uk/~dpw10/crc64/>; of `123456789` it is
/// `e9c6d914c4b8d9ca`).
///
/// Eight bytes at a time by eight tables ("slicing by 8").
public final class Crc64 {
    private static final long REFLECTED_POLYNOMIAL = 0x95ac9329ac4bc9b5L;
    private static final int SLICES = 8;
    private static final long[][] TABLES = tables();

    private Crc64() {}

    /// The checksum of the first `length` bytes.
    public static long of(byte[] bytes, int length) {
        return update(0, bytes, 0, length);
    }

    /// The checksum of what `before` is the checksum of, with `length` bytes from `from` on behind it.
    public static long update(long before, byte[] bytes, int from, int length) {
        long crc = before;
        int end = from + length;
        int i = from;
        for (; i + SLICES <= end; i += SLICES) {
            long word = crc;
            for (int slice = 0; slice < SLICES; slice++) {
                word ^= (bytes[i + slice] & 0xffL) << (8 * slice);
            }
            crc = 0;
            for (int slice = 0; slice < SLICES; slice++) {
                crc ^= TABLES[SLICES - 1 - slice][(int) (word >>> (8 * slice)) & 0xff];
            }
        }
        for (; i < end; i++) {
            crc = TABLES[0][(int) (crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
        }
        return crc;
    }

    private static long[][] tables() {
        long[][] tables = new long[SLICES][256];
        for (int b = 0; b < 256; b++) {
            long crc = b;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? (crc >>> 1) ^ REFLECTED_POLYNOMIAL : crc >>> 1;
            }
            tables[0][b] = crc;
        }
        for (int slice = 1; slice < SLICES; slice++) {
            for (int b = 0; b < 256; b++) {
                long before = tables[slice - 1][b];
                tables[slice][b] = tables[0][(int) before & 0xff] ^ (before >>> 8);
            }
        }
        return tables;
    }
}
