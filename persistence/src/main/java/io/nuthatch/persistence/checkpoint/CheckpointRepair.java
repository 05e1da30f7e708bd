package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.disk.FileCopy;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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

    /// Takes a checkpoint away. Its manifest goes first: from there on it does not count. What another one
    /// needs of its files stays.
    public void remove(CheckpointInspection found) throws IOException {
        keepCopies(found.names());
        String manifest = Manifest.name(found.number(), FileKind.MANIFEST, 0);
        FileCopy.deleteIfThere(storage, manifest);
        storage.sync();
        Set<String> needed = neededByOthers(found);
        for (String name : found.names()) {
            if (!name.equals(manifest) && !needed.contains(name)) {
                storage.delete(name);
            }
        }
        storage.sync();
    }

    private Set<String> neededByOthers(CheckpointInspection found) throws IOException {
        Set<String> needed = new HashSet<>();
        for (CheckpointInspection other : CheckpointInspection.of(storage, counter)) {
            if (other.hasManifest() && other.number() != found.number()) {
                needed.addAll(other.names());
            }
        }
        return needed;
    }

    /// Takes the damaged graphs out of a checkpoint of which nothing else is damaged; a server links their
    /// vectors anew when it starts. Returns the names of the files that were touched.
    public List<String> forgetGraphs(CheckpointInspection found) throws IOException {
        if (!found.isLessGraphs()) {
            throw new IllegalArgumentException("checkpoint " + found.number() + " lacks more than graphs");
        }
        Manifest manifest;
        try (BlockReader.Buffer buffer = new BlockReader.Buffer(counter)) {
            manifest = Manifest.read(storage, found.number(), buffer);
        }
        List<Manifest.Part> gone = graphsWith(
                manifest,
                found.damages().stream().map(CheckpointInspection.Damage::file).toList());
        List<String> goneNames = gone.stream().map(Manifest.Part::name).toList();
        String manifestName = Manifest.name(found.number(), FileKind.MANIFEST, 0);
        List<String> touched = found.names().stream()
                .filter(name -> name.equals(manifestName) || goneNames.contains(name))
                .toList();
        keepCopies(touched);
        FileCopy.deleteIfThere(storage, manifestName + ".tmp");
        List<Manifest.Part> left =
                manifest.parts().stream().filter(part -> !gone.contains(part)).toList();
        new Manifest(
                        manifest.checkpoint(),
                        manifest.savedMillis(),
                        manifest.keys(),
                        manifest.indexesLsn(),
                        manifest.endLsn(),
                        left,
                        manifest.slotLsns())
                .publish(storage, counter);
        Set<String> needed = neededByOthers(found);
        for (String name : goneNames) {
            if (!needed.contains(name)) {
                FileCopy.deleteIfThere(storage, name);
            }
        }
        storage.sync();
        return touched;
    }

    /// All files of the graphs that have a damaged one: half a graph is not worth having.
    private static List<Manifest.Part> graphsWith(Manifest manifest, List<String> damaged) {
        Set<Integer> numbers = new HashSet<>();
        for (Manifest.Part part : manifest.of(FileKind.GRAPH)) {
            if (damaged.contains(part.name())) {
                numbers.add(part.number());
            }
        }
        return manifest.of(FileKind.GRAPH).stream()
                .filter(part -> numbers.contains(part.number()))
                .toList();
    }

    private void keepCopies(List<String> names) throws IOException {
        for (String name : names) {
            FileCopy.copy(storage, name, copies, name, counter);
        }
        copies.sync();
    }
}
