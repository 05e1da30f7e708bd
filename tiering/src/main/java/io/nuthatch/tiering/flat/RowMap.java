package io.nuthatch.tiering.flat;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.RecordTable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.zip.CRC32C;

/// The file that says where each row of a space is, as of one flush.
///
/// ```
/// 0   "NUTHRMP", version 1
/// 8   space
/// 12  bytes of a row
/// 16  bytes of a slot
/// 20  number of ids n
/// 24  n times: the id's slot plus 1, 0 for none
///     CRC32C of all before
/// ```
final class RowMap {
    private static final long MAGIC = 0x01_50_4D_52_48_54_55_4EL; // NUTHRMP and a 1, little endian.
    private static final int HEADER_BYTES = 24;
    private static final int PIECE_BYTES = 1 << 20;

    private RowMap() {}

    /// Writes the `count` words at `address`, and syncs the file.
    static void write(Path path, SlotFormat format, long address, int count) throws IOException {
        CRC32C crc = new CRC32C();
        try (Arena arena = Arena.ofConfined();
                FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            MemorySegment header = arena.allocate(HEADER_BYTES, Long.BYTES);
            long at = header.address();
            Memory.putLong(at, MAGIC);
            Memory.putInt(at + 8, format.space());
            Memory.putInt(at + 12, format.rowBytes());
            Memory.putInt(at + 16, format.slotBytes());
            Memory.putInt(at + 20, count);
            append(file, crc, at, HEADER_BYTES);
            long bytes = (long) count * Integer.BYTES;
            for (long done = 0; done < bytes; done += PIECE_BYTES) {
                append(file, crc, address + done, (int) Math.min(PIECE_BYTES, bytes - done));
            }
            Memory.putInt(at, (int) crc.getValue());
            append(file, crc, at, Integer.BYTES);
            file.force(true);
        }
    }

    private static void append(FileChannel file, CRC32C crc, long address, int bytes) throws IOException {
        ByteBuffer piece = Memory.ALL.asSlice(address, bytes).asByteBuffer();
        crc.update(piece);
        piece.rewind();
        while (piece.hasRemaining()) {
            file.write(piece);
        }
    }

    /// Reads a file of [#write]: each id's word goes to `places`, each slot in use to `used`. Throws when
    /// the file is not what was written, or names a slot twice or beyond `limit`.
    static SlotFormat read(Path path, int space, RecordTable places, BitSet used, int limit) throws IOException {
        CRC32C crc = new CRC32C();
        try (Arena arena = Arena.ofConfined();
                FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment piece = arena.allocate(PIECE_BYTES, Long.BYTES);
            long at = piece.address();
            fill(path, file, piece, HEADER_BYTES);
            crc.update(piece.asSlice(0, HEADER_BYTES).asByteBuffer());
            if (Memory.getLong(at) != MAGIC) {
                throw new IOException(path + " is not a map of rows of version 1");
            }
            SlotFormat format = new SlotFormat(Memory.getInt(at + 8), Memory.getInt(at + 12), Memory.getInt(at + 16));
            int count = Memory.getInt(at + 20);
            long bytes = (long) count * Integer.BYTES;
            if (format.space() != space
                    || format.rowBytes() < 1
                    || format.slotBytes() < SlotFormat.HEADER_BYTES + format.rowBytes()
                    || file.size() != HEADER_BYTES + bytes + Integer.BYTES) {
                throw new IOException(path + " is damaged: its head does not fit");
            }
            for (long done = 0; done < bytes; done += PIECE_BYTES) {
                int length = (int) Math.min(PIECE_BYTES, bytes - done);
                fill(path, file, piece, length);
                crc.update(piece.asSlice(0, length).asByteBuffer());
                for (int i = 0; i < length; i += Integer.BYTES) {
                    int word = Memory.getInt(at + i);
                    if (word == 0) {
                        continue;
                    }
                    if (word < 0 || word > limit || used.get(word - 1)) {
                        throw new IOException(
                                path + " is damaged: slot " + (word - 1L) + " is named twice, or not there");
                    }
                    used.set(word - 1);
                    int id = (int) ((done + i) / Integer.BYTES);
                    places.ensure(id);
                    Memory.putInt(places.address(id), word);
                }
            }
            fill(path, file, piece, Integer.BYTES);
            if (Memory.getInt(at) != (int) crc.getValue()) {
                throw new IOException(path + " is damaged: checksum differs");
            }
            return format;
        }
    }

    private static void fill(Path path, FileChannel file, MemorySegment into, int bytes) throws IOException {
        ByteBuffer rest = into.asSlice(0, bytes).asByteBuffer();
        while (rest.hasRemaining()) {
            if (file.read(rest) < 0) {
                throw new IOException(path + " is damaged: it ends early");
            }
        }
    }
}
