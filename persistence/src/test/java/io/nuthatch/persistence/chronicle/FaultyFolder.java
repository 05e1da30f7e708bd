package io.nuthatch.persistence.chronicle;

import io.nuthatch.persistence.disk.FaultyDisk;
import io.nuthatch.persistence.disk.PowerCut;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/// A real folder with the faults of [FaultyDisk], for a log that maps its files.
///
/// The process writes to real files. What a sync had brought to the disk is kept beside them, and after a
/// power cut each sector that differs is there as written or as synced; queues whose folder was not synced
/// may be gone. The power can go at each call of [Disk], not in the middle of a store into a mapped page:
/// to the disk that is the same, as a page is torn into sectors in either case.
final class FaultyFolder implements Disk, FaultyDisk {
    private static final int PAGE_BYTES = 4096;
    private static final int SECTOR_BYTES = 512;
    private static final long QUEUE_BYTES = 1 << 20; // What a queue takes before its first record.

    private final Path folder;
    private final Random random;
    private final Runnable death;
    private final Map<Path, byte[]> synced = new HashMap<>();
    private final Set<Path> syncedNames = new HashSet<>();
    private long operationsLeft = Long.MAX_VALUE;
    private boolean isPowerOff;
    private int failingSyncs;
    private boolean isPoisoned;
    private long capacity = Long.MAX_VALUE;
    private long filled;
    private boolean isReadOnly;
    private Runnable beforeSync = () -> {};

    /// `death` lets all open files of the process go.
    FaultyFolder(Path folder, Random random, Runnable death) {
        this.folder = folder;
        this.random = random;
        this.death = death;
    }

    Path path() {
        return folder;
    }

    // ---- Disk

    private void operation() {
        if (isPowerOff || operationsLeft-- <= 0) {
            isPowerOff = true;
            throw new PowerCut();
        }
    }

    @Override
    public void checkRoom(Path asked, long bytes) throws IOException {
        operation();
        if (isReadOnly) {
            throw new IOException(asked + ": Read-only file system");
        }
        if (capacity < Long.MAX_VALUE && filled + bytes > capacity) {
            throw new IOException("No space left on device");
        }
        REAL.checkRoom(asked, bytes);
    }

    @Override
    public void fill(FileChannel file, long from, long to) throws IOException {
        operation();
        if (isPoisoned) {
            throw new AssertionError("a file is written to after a failed sync");
        }
        if (capacity < Long.MAX_VALUE && filled + (to - from) > capacity) {
            throw new IOException("No space left on device");
        }
        filled += to - from;
        REAL.fill(file, from, to);
    }

    @Override
    public void sync(FileChannel file, Path name) throws IOException {
        operation();
        beforeSync.run();
        if (isPoisoned) {
            throw new AssertionError(name + " is synced after a failed sync");
        }
        if (failingSyncs > 0) {
            failingSyncs--;
            isPoisoned = true;
            throw new IOException("Input/output error");
        }
        synced.put(name, Files.readAllBytes(name));
    }

    @Override
    public void syncFolder(Path name) throws IOException {
        operation();
        syncedNames.removeIf(known -> known.getParent().equals(name));
        try (Stream<Path> all = Files.list(name)) {
            all.forEach(syncedNames::add);
        }
    }

    // ---- Faults

    @Override
    public void cutPowerAfter(long operations) {
        operationsLeft = operations;
    }

    @Override
    public void failSyncs(int count) {
        failingSyncs = count;
    }

    @Override
    public void setCapacity(long bytes) {
        capacity = bytes == Long.MAX_VALUE ? bytes : bytes + QUEUE_BYTES;
    }

    @Override
    public void setReadOnly(boolean value) {
        isReadOnly = value;
    }

    @Override
    public void beforeSync(Runnable action) {
        beforeSync = action;
    }

    @Override
    public void restart() throws IOException {
        death.run();
        for (QueueFolder queue : QueueFolder.list(folder)) {
            if (!syncedNames.contains(queue.path()) && random.nextBoolean()) {
                queue.delete();
                continue;
            }
            try (Stream<Path> files = Files.list(queue.path())) {
                for (Path file : files.toList()) {
                    crash(file);
                }
            }
        }
        afterRestart();
    }

    private void crash(Path file) throws IOException {
        if (!syncedNames.contains(file) && random.nextBoolean()) {
            Files.delete(file);
            return;
        }
        byte[] now = Files.readAllBytes(file);
        byte[] then = synced.getOrDefault(file, new byte[0]);
        int size = random.nextInt(3) > 0 || then.length > now.length
                ? Math.max(now.length, then.length)
                : then.length + random.nextInt(now.length - then.length + 1);
        now = Arrays.copyOf(now, size);
        then = Arrays.copyOf(then, size);
        for (int page = 0; page < size; page += PAGE_BYTES) {
            boolean isLost = random.nextInt(3) == 0;
            for (int at = page; at < Math.min(size, page + PAGE_BYTES); at += SECTOR_BYTES) {
                if (isLost || random.nextInt(3) == 0) {
                    System.arraycopy(then, at, now, at, Math.min(SECTOR_BYTES, size - at));
                }
            }
        }
        Files.write(file, now);
    }

    @Override
    public void kill() throws IOException {
        death.run();
        afterRestart();
    }

    private void afterRestart() throws IOException {
        operationsLeft = Long.MAX_VALUE;
        isPowerOff = false;
        failingSyncs = 0;
        isPoisoned = false;
        filled = 0;
        synced.clear();
        syncedNames.clear();
        for (QueueFolder queue : QueueFolder.list(folder)) {
            syncedNames.add(queue.path());
            for (Path file : List.of(queue.cycleFile(), queue.tableFile())) {
                if (Files.exists(file)) {
                    syncedNames.add(file);
                    synced.put(file, Files.readAllBytes(file));
                }
            }
        }
    }

    @Override
    public void flipBit(String name, long offset, int bit) throws IOException {
        damage(name, bytes -> bytes[(int) offset] ^= (byte) (1 << bit));
    }

    @Override
    public void zero(String name, long offset, int length) throws IOException {
        damage(
                name,
                bytes -> Arrays.fill(bytes, (int) offset, (int) Math.min(bytes.length, offset + length), (byte) 0));
    }

    private void damage(String name, java.util.function.Consumer<byte[]> action) throws IOException {
        Path file = folder.resolve(name);
        byte[] bytes = Files.readAllBytes(file);
        action.accept(bytes);
        Files.write(file, bytes);
        afterRestart();
    }

    @Override
    public void cutFile(String name, long size) throws IOException {
        Path file = folder.resolve(name);
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) size));
        afterRestart();
    }
}
