package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One checkpoint of a folder as it is found there, every block of it read; nothing is changed.
///
/// @param number a higher one is newer
/// @param names its files, and those of older checkpoints in which it left what had not changed
/// @param summary what its manifest says; null without a manifest that can be read
/// @param hasManifest whether it was ever whole; without one it is what a crash left of a save
/// @param damages one at most for each file; empty for a whole checkpoint, and for one without a manifest
/// @param isLessGraphs whether nothing but graphs is damaged: they can be built anew from the vectors
public record CheckpointInspection(
        long number,
        List<String> names,
        @Nullable Summary summary,
        boolean hasManifest,
        List<Damage> damages,
        boolean isLessGraphs) {
    /// @param savedMillis when it was begun, Unix milliseconds
    /// @param coveredLsn no record of the log up to this one is needed with it
    /// @param highestLsn no record behind this one is in it, not even in part
    public record Summary(long savedMillis, long keys, long bytes, long coveredLsn, long highestLsn) {
        private static Summary of(Manifest manifest) {
            long covered = manifest.indexesLsn();
            long highest = Math.max(manifest.indexesLsn(), manifest.endLsn());
            for (long lsn : manifest.slotLsns()) {
                covered = Math.min(covered, lsn);
                highest = Math.max(highest, lsn);
            }
            return new Summary(manifest.savedMillis(), manifest.keys(), manifest.bytes(), covered, highest);
        }
    }

    /// @param offset in bytes
    public record Damage(String file, long offset, String what) {}

    /// All checkpoints of the folder, newest first; `counter` counts the memory of one block at a time.
    public static List<CheckpointInspection> of(Storage storage, MemoryAccount.Counter counter) throws IOException {
        TreeMap<Long, TreeSet<String>> names = new TreeMap<>();
        for (String name : storage.list()) {
            long number = Manifest.checkpointOf(name);
            if (number >= 0) {
                names.computeIfAbsent(number, first -> new TreeSet<>()).add(name);
            }
        }
        List<CheckpointInspection> found = new ArrayList<>();
        try (BlockReader.Buffer buffer = new BlockReader.Buffer(counter)) {
            share(storage, names, buffer);
            for (Map.Entry<Long, TreeSet<String>> each : names.descendingMap().entrySet()) {
                if (!each.getValue().isEmpty()) {
                    found.add(inspect(storage, each.getKey(), List.copyOf(each.getValue()), buffer));
                }
            }
        }
        return found;
    }

    /// Gives each checkpoint the older files that it names, and leaves none of them to what has no manifest:
    /// these are not what a crash left behind.
    private static void share(Storage storage, TreeMap<Long, TreeSet<String>> names, BlockReader.Buffer buffer)
            throws IOException {
        Set<String> all = new HashSet<>();
        names.values().forEach(all::addAll);
        for (Map.Entry<Long, TreeSet<String>> each : names.entrySet()) {
            long number = each.getKey();
            Manifest manifest = readable(storage, number, each.getValue(), buffer);
            if (manifest == null) {
                continue;
            }
            for (Manifest.Part part : manifest.parts()) {
                if (part.checkpoint() != number && all.contains(part.name())) {
                    each.getValue().add(part.name());
                    TreeSet<String> owner = names.get(part.checkpoint());
                    if (owner != null && !owner.contains(Manifest.name(part.checkpoint(), FileKind.MANIFEST, 0))) {
                        owner.remove(part.name());
                    }
                }
            }
        }
    }

    private static @Nullable Manifest readable(
            Storage storage, long number, Set<String> names, BlockReader.Buffer buffer) throws IOException {
        try {
            return names.contains(Manifest.name(number, FileKind.MANIFEST, 0))
                    ? Manifest.read(storage, number, buffer)
                    : null;
        } catch (DamagedCheckpointException damage) {
            return null;
        }
    }

    /// The newest checkpoint that was ever whole by its manifest alone, none of its other files being read;
    /// null when there is none. Throws [DamagedCheckpointException] when the manifest is damaged.
    public static @Nullable CheckpointInspection newest(Storage storage, MemoryAccount.Counter counter)
            throws IOException {
        long newest = Manifest.newest(storage.list());
        if (newest < 0) {
            return null;
        }
        try (BlockReader.Buffer buffer = new BlockReader.Buffer(counter)) {
            Manifest manifest = Manifest.read(storage, newest, buffer);
            return new CheckpointInspection(newest, manifest.names(), Summary.of(manifest), true, List.of(), false);
        }
    }

    /// Whether a server can start from it.
    public boolean isWhole() {
        return hasManifest && damages.isEmpty();
    }

    private static CheckpointInspection inspect(
            Storage storage, long number, List<String> names, BlockReader.Buffer buffer) throws IOException {
        if (!names.contains(Manifest.name(number, FileKind.MANIFEST, 0))) {
            return new CheckpointInspection(number, names, null, false, List.of(), false);
        }
        Manifest manifest;
        try {
            manifest = Manifest.read(storage, number, buffer);
        } catch (DamagedCheckpointException damage) {
            return new CheckpointInspection(number, names, null, true, List.of(damageOf(damage)), false);
        }
        List<Damage> damages = new ArrayList<>();
        boolean isLessGraphs = true;
        for (Manifest.Part part : manifest.parts()) {
            Damage damage = inspect(storage, part, names, buffer);
            if (damage != null) {
                damages.add(damage);
                isLessGraphs &= part.kind() == FileKind.GRAPH;
            }
        }
        return new CheckpointInspection(
                number, names, Summary.of(manifest), true, List.copyOf(damages), isLessGraphs && !damages.isEmpty());
    }

    private static @Nullable Damage inspect(
            Storage storage, Manifest.Part part, List<String> names, BlockReader.Buffer buffer) throws IOException {
        String name = part.name();
        if (!names.contains(name)) {
            return new Damage(name, 0, "it is missing");
        }
        try (BlockReader reader = new BlockReader(storage, part, buffer)) {
            boolean hasMore = true;
            while (hasMore) {
                hasMore = reader.next(buffer, image -> {});
            }
            return null;
        } catch (DamagedCheckpointException damage) {
            return damageOf(damage);
        }
    }

    private static Damage damageOf(DamagedCheckpointException damage) {
        return new Damage(damage.file(), damage.offset(), damage.what());
    }
}
