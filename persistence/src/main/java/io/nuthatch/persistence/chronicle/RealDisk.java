package io.nuthatch.persistence.chronicle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// The disk of the operating system.
final class RealDisk implements Disk {
    private static final String ROOM = "room";
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(1 << 20).asReadOnlyBuffer();

    /// Asks by writing: what a file system says of its free space is not what it gives.
    @Override
    public void checkRoom(Path folder, long bytes) throws IOException {
        Path file = folder.resolve(ROOM);
        try (FileChannel room = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            fill(room, 0, bytes);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    @Override
    public void fill(FileChannel file, long from, long to) throws IOException {
        for (long at = from; at < to; ) {
            ByteBuffer zeros = ZEROS.duplicate();
            zeros.limit((int) Math.min(zeros.capacity(), to - at));
            at += file.write(zeros, at);
        }
    }

    @Override
    public void sync(FileChannel file, Path name) throws IOException {
        file.force(false);
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
