package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.memory.Memory;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The bytes of a file of a checkpoint: a header, then blocks one behind the other. Numbers are little
/// endian.
/// ```
/// header, 32 bytes                     block, 24 bytes and the payload
/// 0   "NUTHCKP" and the version, 3     0   CRC32C of all from byte 4 to the end of the payload
/// 8   number of the checkpoint         4   0
/// 16  kind of the file                 8   number of the block, from 0
/// 20  part: which graph, which rows    16  bytes of payload
/// 24  0                                24  payload
/// 28  CRC32C of bytes 0 to 27
/// ```
/// How long a file is and how many blocks it has, the manifest says. Version 2 differs in the manifest alone.
final class BlockFormat {
    static final int VERSION = 3;
    static final int OLDEST_VERSION = 2;
    static final int HEADER_BYTES = 32;
    static final int BLOCK_HEADER_BYTES = 24;

    private static final long MAGIC = 0x50_4b_43_48_54_55_4eL; // "NUTHCKP"
    private static final long MAGIC_MASK = (1L << 56) - 1;
    private static final int CRC_PIECE_BYTES = 1 << 30; // A ByteBuffer ends at 2 GiB.

    private BlockFormat() {}

    static void writeHeader(long address, long checkpoint, FileKind kind, int part) {
        Memory.putLong(address, MAGIC | (long) VERSION << 56);
        Memory.putLong(address + 8, checkpoint);
        Memory.putInt(address + 16, kind.code());
        Memory.putInt(address + 20, part);
        Memory.putInt(address + 24, 0);
        Memory.putInt(address + 28, crc(address, 28, 0, 0));
    }

    /// The version of a file that begins so.
    static int version(long address) {
        return Memory.getByte(address + 7) & 0xff;
    }

    /// The version in a header that is whole, when it is none that is read here; else 0. Every version has
    /// its number and the header's checksum in the same places.
    static int otherVersion(long address) {
        int version = version(address);
        boolean isOther = version < OLDEST_VERSION || version > VERSION;
        return isOther
                        && (Memory.getLong(address) & MAGIC_MASK) == MAGIC
                        && Memory.getInt(address + 28) == crc(address, 28, 0, 0)
                ? version
                : 0;
    }

    /// What is wrong with the header, in words; null when nothing is.
    static @Nullable String fault(long address, long checkpoint, FileKind kind, int part) {
        if ((Memory.getLong(address) & MAGIC_MASK) != MAGIC) {
            return "it does not begin as a file of a checkpoint";
        }
        if (Memory.getInt(address + 28) != crc(address, 28, 0, 0)) {
            return "the checksum of its header is wrong";
        }
        if (Memory.getLong(address + 8) != checkpoint
                || Memory.getInt(address + 16) != kind.code()
                || Memory.getInt(address + 20) != part) {
            return "it is a file of checkpoint " + Memory.getLong(address + 8) + " and kind "
                    + FileKind.of(Memory.getInt(address + 16)) + ", under another name";
        }
        return null;
    }

    /// Writes the header of a block whose payload is elsewhere.
    static void writeBlockHeader(long address, long number, long payload, long payloadBytes) {
        Memory.putInt(address + 4, 0);
        Memory.putLong(address + 8, number);
        Memory.putLong(address + 16, payloadBytes);
        Memory.putInt(address, crc(address + 4, BLOCK_HEADER_BYTES - 4, payload, payloadBytes));
    }

    static long number(long header) {
        return Memory.getLong(header + 8);
    }

    static long payloadBytes(long header) {
        return Memory.getLong(header + 16);
    }

    /// Whether header and payload are what was written.
    static boolean isWhole(long header, long payload, long payloadBytes) {
        return Memory.getInt(header) == crc(header + 4, BLOCK_HEADER_BYTES - 4, payload, payloadBytes);
    }

    private static int crc(long head, int headBytes, long tail, long tailBytes) {
        CRC32C crc = new CRC32C();
        crc.update(MemorySegment.ofAddress(head).reinterpret(headBytes).asByteBuffer());
        for (long done = 0; done < tailBytes; done += CRC_PIECE_BYTES) {
            long bytes = Math.min(CRC_PIECE_BYTES, tailBytes - done);
            crc.update(MemorySegment.ofAddress(tail + done).reinterpret(bytes).asByteBuffer());
        }
        return (int) crc.getValue();
    }
}
