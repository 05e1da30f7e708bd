package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.disk.FileCopy;
import java.io.IOException;
import java.util.List;

/// Makes a folder of checkpoints one that a server starts from. What is changed or removed is copied first,
/// and the copies are made safe before anything is touched.
public final class CheckpointRepair {
    private final Storage storage;
    private final Storage copies;
    private final MemoryAccount.Counter counter;

    /// Copies go to `copies`, an empty folder.
    public CheckpointRepair(Storage storage, Storage copies, MemoryAccount.Counter counter) {
        this.storage = storage;
        this.copies = copies;
        this.counter = counter;
    }

    /// Takes a checkpoint away. Its manifest goes first: from there on it does not count.
    public void remove(CheckpointInspection found) throws IOException {
        keepCopies(found.names());
        String manifest = Manifest.name(found.number(), FileKind.MANIFEST, 0);
        FileCopy.deleteIfThere(storage, manifest);
        storage.sync();
        for (String name : found.names()) {
            if (!name.equals(manifest)) {
                storage.delete(name);
            }
        }
        storage.sync();
    }

    /// Takes the damaged graphs out of a checkpoint of which nothing else is damaged; a server links their
    /// vectors anew when it starts. Returns the names of the files that were touched.
    public List<String> forgetGraphs(CheckpointInspection found) throws IOException {
        if (!found.isLessGraphs()) {
            throw new IllegalArgumentException("checkpoint " + found.number() + " lacks more than graphs");
        }
        List<String> damaged =
                found.damages().stream().map(CheckpointInspection.Damage::file).toList();
        String manifestName = Manifest.name(found.number(), FileKind.MANIFEST, 0);
        List<String> touched = found.names().stream()
                .filter(name -> name.equals(manifestName) || damaged.contains(name))
                .toList();
        keepCopies(touched);
        FileCopy.deleteIfThere(storage, manifestName + ".tmp");
        Manifest manifest;
        try (BlockReader.Buffer buffer = new BlockReader.Buffer(counter)) {
            manifest = Manifest.read(storage, found.number(), buffer);
        }
        List<Manifest.Part> left = manifest.parts().stream()
                .filter(part -> !damaged.contains(part.name(found.number())))
                .toList();
        new Manifest(
                        manifest.checkpoint(),
                        manifest.savedMillis(),
                        manifest.keys(),
                        manifest.indexesLsn(),
                        manifest.endLsn(),
                        left,
                        manifest.slotLsns())
                .publish(storage, counter);
        for (String name : damaged) {
            FileCopy.deleteIfThere(storage, name);
        }
        storage.sync();
        return touched;
    }

    private void keepCopies(List<String> names) throws IOException {
        for (String name : names) {
            FileCopy.copy(storage, name, copies, name, counter);
        }
        copies.sync();
    }
}
