package io.nuthatch.tiering.flat;

import io.nuthatch.engine.memory.Memory;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// What a slot of a row file looks like.
///
/// ```
/// 0   CRC32C of bytes 4 to the end of the row
/// 4   bytes of the row
/// 8   id
/// 16  space
/// 20  0
/// 24  the row, then zeros up to a multiple of the disk's blocks
/// ```
/// A slot that was torn by a crash fails by its checksum. One that a disk wrote elsewhere, or never, holds
/// another row: it fails by id, space and length.
///
/// All rows of a file have one length. Pure; thread-safe.
record SlotFormat(int space, int rowBytes, int slotBytes) {
    static final int HEADER_BYTES = 24;

    /// The format for rows of `rowBytes` bytes on a disk of such blocks.
    static SlotFormat of(int space, int rowBytes, int blockBytes) {
        long bytes = (long) HEADER_BYTES + rowBytes;
        return new SlotFormat(space, rowBytes, Math.toIntExact((bytes + blockBytes - 1) / blockBytes * blockBytes));
    }

    /// Where the row is in a slot at `slot`.
    static long row(long slot) {
        return slot + HEADER_BYTES;
    }

    /// Completes a slot in memory whose row is there already.
    void seal(long slot, long id) {
        Memory.putInt(slot + 4, rowBytes);
        Memory.putLong(slot + 8, id);
        Memory.putInt(slot + 16, space);
        Memory.putInt(slot + 20, 0);
        Memory.fill(slot + HEADER_BYTES + rowBytes, slotBytes - HEADER_BYTES - rowBytes, (byte) 0);
        Memory.putInt(slot, checksum(slot));
    }

    /// What is wrong with a slot that should hold the row of `id`; null when nothing is.
    @Nullable
    String fault(long slot, long id) {
        if (Memory.getInt(slot) != checksum(slot)) {
            return "checksum differs";
        }
        if (Memory.getLong(slot + 8) != id
                || Memory.getInt(slot + 16) != space
                || Memory.getInt(slot + 4) != rowBytes) {
            return "the slot holds id " + Memory.getLong(slot + 8) + " of space " + Memory.getInt(slot + 16) + ", "
                    + Memory.getInt(slot + 4) + " bytes";
        }
        return null;
    }

    private int checksum(long slot) {
        CRC32C crc = new CRC32C();
        crc.update(Memory.ALL.asSlice(slot + 4, HEADER_BYTES - 4 + rowBytes).asByteBuffer());
        return (int) crc.getValue();
    }
}
