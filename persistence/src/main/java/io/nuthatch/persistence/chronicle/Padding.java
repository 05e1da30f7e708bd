package io.nuthatch.persistence.chronicle;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;

/// Makes a cycle file as long as Chronicle maps it, while it is read back: a document whose length was
/// damaged, or a file that was cut short, would otherwise lead to a page that is not there, and the process
/// would die of it. The pad is a hole and takes no room on the disk; it goes when this is closed.
final class Padding implements Closeable {
    private final FileChannel file;
    private final long bytes; // Before.

    private Padding(FileChannel file, long bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /// Throws when the file cannot be written to; one that is missing stays so.
    static Closeable of(QueueFolder queue, int blockBytes) throws IOException {
        if (!Files.exists(queue.cycleFile())) {
            return () -> {};
        }
        FileChannel file = FileChannel.open(queue.cycleFile(), StandardOpenOption.WRITE);
        long bytes = file.size();
        long mapped = (bytes / blockBytes + 2) * blockBytes; // A block, and what is mapped behind it.
        file.write(ByteBuffer.allocate(1), mapped - 1);
        return new Padding(file, bytes);
    }

    @Override
    public void close() throws IOException {
        try (file) {
            file.truncate(bytes);
        }
    }
}
