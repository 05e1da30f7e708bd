package io.nuthatch.persistence.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/// A backup in a folder. Hard links where it is on the file system of the data.
public final class FolderStore implements BackupStore {
    private static final String DRAFT = ".part";
    private static final int DEPTH = 3; // log/….queue/…

    private final Path folder;

    /// The folder is made with the first file.
    public FolderStore(Path folder) {
        this.folder = folder;
    }

    @Override
    public Map<String, Long> list() throws IOException {
        Map<String, Long> sizes = new TreeMap<>();
        if (!Files.isDirectory(folder)) {
            return sizes;
        }
        for (Path file : files()) {
            String name = folder.relativize(file).toString().replace('\\', '/');
            if (!name.endsWith(DRAFT)) {
                sizes.put(name, Files.size(file));
            }
        }
        return sizes;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder, DEPTH)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    @Override
    public boolean link(Path file, String name) throws IOException {
        Path draft = draft(name);
        try {
            Files.deleteIfExists(draft);
            Files.createLink(draft, file);
        } catch (FileAlreadyExistsException race) {
            throw race;
        } catch (IOException | UnsupportedOperationException otherFileSystem) {
            return false;
        }
        publish(draft, name);
        return true;
    }

    @Override
    public void write(String name, InputStream in, long bytes) throws IOException {
        Path draft = draft(name);
        try (FileChannel channel = FileChannel.open(
                        draft,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
                OutputStream out = Channels.newOutputStream(channel)) {
            long written = in.transferTo(out);
            if (written != bytes) {
                throw new IOException(name + " has " + written + " bytes, expected " + bytes);
            }
            channel.force(true);
        }
        publish(draft, name);
    }

    private Path draft(String name) throws IOException {
        Path draft = folder.resolve(name + DRAFT);
        Files.createDirectories(Objects.requireNonNull(draft.getParent()));
        return draft;
    }

    private void publish(Path draft, String name) throws IOException {
        Path file = folder.resolve(name);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(draft); // A rename onto a link to the same file leaves both names.
        try (FileChannel directory = FileChannel.open(Objects.requireNonNull(file.getParent()))) {
            directory.force(true);
        }
    }

    @Override
    public void clearDrafts() throws IOException {
        for (Path file : files()) {
            if (file.toString().endsWith(DRAFT)) {
                Files.delete(file);
            }
        }
    }

    @Override
    public InputStream read(String name) throws IOException {
        return Files.newInputStream(folder.resolve(name));
    }

    @Override
    public void close() {
        // Nothing is held.
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
