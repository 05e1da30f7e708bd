package io.nuthatch.persistence.wal;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.persistence.disk.OtherVersionException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;

/// The bytes of a segment: a header, then records one behind the other, each at a multiple of 8. Numbers are
/// little endian.
/// ```
/// header, 32 bytes                     record, 24 bytes and the payload
/// 0   "NUTHLOG" and the version, 1     0   CRC32C of all from byte 4 to the end of the payload
/// 8   LSN of the first record          4   bytes of payload, plus 1
/// 16  Unix seconds when it was begun   8   LSN
/// 24  0                                16  LSN minus the LSN known to be synced when this was written
/// 28  CRC32C of bytes 0 to 27          20  Unix seconds when it was written
///                                      24  payload, then zeros up to a multiple of 8
/// ```
/// A length of 0 is no record: a segment may end in zeros, which `always` writes ahead so that a sync has no
/// new size to record. The number at 16 is what tells damage from a torn end: see [SegmentScan]. A record
/// without payload changes nothing; a log that was closed in order ends in one.
public final class SegmentFormat {
    /// Bytes of a segment's header.
    public static final int HEADER_BYTES = 32;
    /// Bytes of a record in front of its payload.
    public static final int RECORD_HEADER_BYTES = 24;
    static final int ALIGNMENT = 8;
    /// The longest payload.
    public static final int MAX_PAYLOAD_BYTES = Integer.MAX_VALUE - 1024;

    static final int VERSION = 1;

    private static final long MAGIC = 0x47_4f_4c_48_54_55_4eL; // "NUTHLOG"
    private static final long MAGIC_MASK = (1L << 56) - 1;
    private static final int CRC = 0;
    private static final int LENGTH = 4;
    private static final int LSN = 8;
    private static final int SINCE_SYNCED = 16;
    private static final int SECONDS = 20;
    private static final String SUFFIX = ".log";
    private static final int NAME_DIGITS = 19;

    private SegmentFormat() {}

    // ---- Names

    /// The name of the segment whose first record has that LSN.
    static String name(long firstLsn) {
        String digits = Long.toString(firstLsn);
        return "0".repeat(NAME_DIGITS - digits.length()) + digits + SUFFIX;
    }

    /// Whether the file is a segment.
    static boolean isSegment(String name) {
        return name.length() == NAME_DIGITS + SUFFIX.length()
                && name.endsWith(SUFFIX)
                && name.chars().limit(NAME_DIGITS).allMatch(c -> c >= '0' && c <= '9');
    }

    /// Names of the segments, oldest first.
    static List<String> segments(Storage storage) throws IOException {
        return storage.list().stream().filter(SegmentFormat::isSegment).sorted().toList();
    }

    /// The LSN in a segment's name.
    static long firstLsn(String name) {
        return Long.parseLong(name.substring(0, NAME_DIGITS));
    }

    // ---- Header

    /// Writes the header of a segment.
    public static void writeHeader(long address, long firstLsn, long epochSeconds) {
        Memory.putLong(address, MAGIC | (long) VERSION << 56);
        Memory.putLong(address + 8, firstLsn);
        Memory.putLong(address + 16, epochSeconds);
        Memory.putInt(address + 24, 0);
        Memory.putInt(address + 28, crc(address, 28));
    }

    /// Whether the header of the segment that begins with `firstLsn` is at `address`.
    public static boolean isHeader(long address, long firstLsn) {
        return Memory.getLong(address) == (MAGIC | (long) VERSION << 56)
                && Memory.getLong(address + 8) == firstLsn
                && Memory.getInt(address + 28) == crc(address, 28);
    }

    /// The version of the log in the header at `address`, when it is whole and of another version than this
    /// one; else 0.
    public static int otherVersion(long address, long available) {
        if (available < HEADER_BYTES || (Memory.getLong(address) & MAGIC_MASK) != MAGIC) {
            return 0;
        }
        int version = Memory.getByte(address + 7) & 0xff;
        return version != VERSION && Memory.getInt(address + 28) == crc(address, 28) ? version : 0;
    }

    /// The refusal of a file of another version.
    public static OtherVersionException refused(String file, int version) {
        return new OtherVersionException(file, version, VERSION, VERSION);
    }

    // ---- Records

    /// Bytes that a record of that payload takes in the file.
    public static long recordBytes(int payloadBytes) {
        return RECORD_HEADER_BYTES + (payloadBytes + (long) ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /// Writes all of a record's header that is known when it is appended; [#seal] makes it whole.
    public static void begin(long record, int payloadBytes, long lsn) {
        Memory.putInt(record + LENGTH, payloadBytes + 1);
        Memory.putLong(record + LSN, lsn);
    }

    /// Completes the header of a record whose payload stands behind it.
    public static void seal(long record, long syncedLsn, long epochSeconds) {
        Memory.putInt(record + SINCE_SYNCED, (int) Math.min(Integer.MAX_VALUE, lsn(record) - syncedLsn));
        Memory.putInt(record + SECONDS, (int) epochSeconds);
        Memory.putInt(record + CRC, crc(record + LENGTH, sealedBytes(record)));
    }

    /// Whether a whole and undamaged record begins at `record`, of which `available` bytes can be read.
    public static boolean isWhole(long record, long available) {
        return hasRoom(record, available) && Memory.getInt(record + CRC) == crc(record + LENGTH, sealedBytes(record));
    }

    /// As [#isWhole], but for the CRC: the cheap question first.
    public static boolean hasRoom(long record, long available) {
        if (available < RECORD_HEADER_BYTES) {
            return false;
        }
        int payload = payloadBytes(record);
        return payload >= 0 && payload <= MAX_PAYLOAD_BYTES && recordBytes(payload) <= available;
    }

    /// -1 where there is no record.
    public static int payloadBytes(long record) {
        return Memory.getInt(record + LENGTH) - 1;
    }

    /// The record's LSN.
    public static long lsn(long record) {
        return Memory.getLong(record + LSN);
    }

    /// Unix seconds when the record was written.
    public static long seconds(long record) {
        return Integer.toUnsignedLong(Memory.getInt(record + SECONDS));
    }

    /// The highest LSN that was known to be synced when the record was written, or something lower.
    public static long syncedLsn(long record) {
        return lsn(record) - Memory.getInt(record + SINCE_SYNCED);
    }

    private static int sealedBytes(long record) {
        return RECORD_HEADER_BYTES - LENGTH + payloadBytes(record);
    }

    private static int crc(long address, int bytes) {
        CRC32C crc = new CRC32C();
        ByteBuffer view = MemorySegment.ofAddress(address)
                .reinterpret(bytes)
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
        crc.update(view);
        return (int) crc.getValue();
    }
}
