package io.nuthatch.persistence.disk;

import io.nuthatch.engine.Storage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;

/// A folder in memory with the faults of real disks, all drawn from one seed.
///
/// What each fault does, and what recovery owes after it:
/// - **Power cut** ([#restart], or in the middle of any operation with [#cutPowerAfter]): of every page that
///   was not synced, each sector is there as written or as it was at the last sync, in any combination; a
///   file's length is anything from the synced one to the present one; of the changes to names since the last
///   sync of the folder a prefix is there. Owed: everything that was committed under `always`, and a prefix
///   of what was appended.
/// - **Killed process** ([#kill]): what was written stays. Owed: the same, and everything written.
/// - **Failed sync** ([#failSyncs]): some dirty pages reach the disk, the others never will, and the next
///   sync of the file would succeed. Whoever writes to such a file or syncs it again has not understood:
///   [AssertionError]. Owed: nothing more is ever committed.
/// - **Full disk** ([#setCapacity]): a write is done in part and throws. Owed: it goes on when there is room.
/// - **Read-only folder** ([#setReadOnly]): every change throws.
/// - **Rot** ([#flipBit], [#zeroPage], [#cutFile]): what the disk held changes. Owed: what stands behind is
///   never taken for the continuation, and what was synced is missed aloud where anything proves it was.
public final class FaultyStorage implements Storage, FaultyDisk {
    private static final int PAGE_BYTES = 4096;
    private static final int SECTOR_BYTES = 512;

    private final Random random;
    private Map<String, Content> names = new HashMap<>();
    private Map<String, Content> syncedNames = new HashMap<>();
    private final List<Map<String, Content>> nameHistory = new ArrayList<>(); // Since the last sync of the folder.
    private long capacity = Long.MAX_VALUE;
    private boolean isReadOnly;
    private int failingSyncs;
    private long operationsLeft = Long.MAX_VALUE;
    private boolean isPowerOff;
    private Runnable beforeSync = () -> {};

    public FaultyStorage(Random random) {
        this.random = random;
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
        capacity = bytes;
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
    public void restart() {
        names = new HashMap<>(
                nameHistory.isEmpty() || random.nextInt(3) == 0
                        ? syncedNames
                        : nameHistory.get(random.nextInt(nameHistory.size())));
        for (Content content : new ArrayList<>(names.values())) {
            content.crash();
        }
        afterRestart();
    }

    @Override
    public void kill() {
        afterRestart();
    }

    private void afterRestart() {
        syncedNames = new HashMap<>(names);
        nameHistory.clear();
        operationsLeft = Long.MAX_VALUE;
        isPowerOff = false;
        failingSyncs = 0;
        for (Content content : names.values()) {
            content.isPoisoned = false;
        }
    }

    @Override
    public void flipBit(String name, long offset, int bit) {
        names.get(name).damage(bytes -> bytes[(int) offset] ^= (byte) (1 << bit));
    }

    @Override
    public void zero(String name, long offset, int length) {
        names.get(name)
                .damage(bytes ->
                        Arrays.fill(bytes, (int) offset, (int) Math.min(bytes.length, offset + length), (byte) 0));
    }

    @Override
    public void cutFile(String name, long size) {
        Content content = names.get(name);
        content.bytes = Arrays.copyOf(content.bytes, (int) size);
        content.synced = content.bytes.clone();
        content.dirty.clear();
    }

    // ---- Storage

    @Override
    public List<String> list() {
        return List.copyOf(names.keySet());
    }

    @Override
    public File create(String name) throws IOException {
        operation();
        checkWritable(name);
        if (names.containsKey(name)) {
            throw new IOException(name + " exists");
        }
        Content content = new Content();
        names.put(name, content);
        nameHistory.add(new HashMap<>(names));
        return new Handle(name, content);
    }

    @Override
    public File open(String name) throws IOException {
        Content content = names.get(name);
        if (content == null) {
            throw new IOException(name + ": no such file");
        }
        return new Handle(name, content);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        operation();
        checkWritable(from);
        Content content = names.remove(from);
        if (content == null) {
            throw new IOException(from + ": no such file");
        }
        names.put(to, content);
        nameHistory.add(new HashMap<>(names));
    }

    @Override
    public void delete(String name) throws IOException {
        operation();
        checkWritable(name);
        if (names.remove(name) == null) {
            throw new IOException(name + ": no such file");
        }
        nameHistory.add(new HashMap<>(names));
    }

    @Override
    public void sync() {
        operation();
        syncedNames = new HashMap<>(names);
        nameHistory.clear();
    }

    @Override
    public void close() {
        // Nothing is held.
    }

    private void checkWritable(String name) throws IOException {
        if (isReadOnly) {
            throw new IOException(name + ": Read-only file system");
        }
    }

    private void operation() {
        if (isPowerOff || operationsLeft-- <= 0) {
            isPowerOff = true;
            throw new PowerCut();
        }
    }

    private long used() {
        return names.values().stream()
                .mapToLong(content -> content.bytes.length)
                .sum();
    }

    /// The bytes behind a name, as the process sees them and as the disk has them.
    private final class Content {
        private byte[] bytes = new byte[0];
        private byte[] synced = new byte[0];
        private final TreeSet<Integer> dirty = new TreeSet<>(); // Pages whose bytes a sync would bring to the disk.
        private boolean isPoisoned;

        void write(int offset, byte[] from, int length) {
            bytes = offset + length > bytes.length ? Arrays.copyOf(bytes, offset + length) : bytes;
            System.arraycopy(from, 0, bytes, offset, length);
            for (int page = offset / PAGE_BYTES; page * PAGE_BYTES < offset + length; page++) {
                dirty.add(page);
            }
        }

        void bringToDisk(int page) {
            int from = page * PAGE_BYTES;
            int to = Math.min(bytes.length, from + PAGE_BYTES);
            if (to > from) {
                synced = to > synced.length ? Arrays.copyOf(synced, to) : synced;
                System.arraycopy(bytes, from, synced, from, to - from);
            }
        }

        void sync() {
            dirty.forEach(this::bringToDisk);
            dirty.clear();
            synced = Arrays.copyOf(synced, bytes.length);
        }

        void syncHalf() {
            dirty.removeIf(page -> {
                if (random.nextBoolean()) {
                    bringToDisk(page);
                }
                return true; // The others are clean now, as Linux has it, and were never written.
            });
        }

        void crash() {
            byte[] kept = Arrays.copyOf(synced, Math.max(synced.length, bytes.length));
            for (int page : dirty) {
                for (int at = page * PAGE_BYTES; at < Math.min(bytes.length, (page + 1) * PAGE_BYTES); ) {
                    int end = Math.min(bytes.length, at + SECTOR_BYTES);
                    if (random.nextInt(3) > 0) {
                        System.arraycopy(bytes, at, kept, at, end - at);
                    }
                    at = end;
                }
                if (random.nextInt(3) == 0) { // The whole page was lost.
                    int from = page * PAGE_BYTES;
                    int to = Math.min(kept.length, from + PAGE_BYTES);
                    Arrays.fill(kept, from, to, (byte) 0);
                    System.arraycopy(
                            synced,
                            Math.min(from, synced.length),
                            kept,
                            from,
                            Math.max(0, Math.min(to, synced.length) - from));
                }
            }
            int shortest = Math.min(synced.length, bytes.length);
            int longest = Math.max(synced.length, bytes.length);
            int size = random.nextBoolean() ? longest : shortest + random.nextInt(longest - shortest + 1);
            bytes = Arrays.copyOf(kept, size);
            synced = bytes.clone();
            dirty.clear();
        }

        void damage(java.util.function.Consumer<byte[]> action) {
            action.accept(bytes);
            synced = bytes.clone();
            dirty.clear();
        }
    }

    private final class Handle implements File {
        private final String name;
        private final Content content;

        Handle(String name, Content content) {
            this.name = name;
            this.content = content;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public long size() {
            return content.bytes.length;
        }

        @Override
        public void read(long offset, MemorySegment into) throws IOException {
            if (offset + into.byteSize() > content.bytes.length) {
                throw new IOException(name + " ends inside " + into.byteSize() + " bytes at " + offset);
            }
            MemorySegment.copy(content.bytes, (int) offset, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize());
        }

        @Override
        public void write(long offset, MemorySegment bytes) throws IOException {
            byte[] all = bytes.toArray(ValueLayout.JAVA_BYTE);
            try {
                operation();
            } catch (PowerCut cut) {
                content.write((int) offset, all, random.nextInt(all.length + 1));
                throw cut;
            }
            checkWritable(name);
            checkSane("written to");
            long growth = Math.max(0, offset + all.length - content.bytes.length);
            long room = capacity - used();
            if (growth > room) {
                int fitting = (int) Math.max(0, all.length - (growth - Math.max(0, room)));
                content.write((int) offset, all, fitting);
                throw new IOException("No space left on device");
            }
            content.write((int) offset, all, all.length);
        }

        @Override
        public void sync() throws IOException {
            try {
                operation();
            } catch (PowerCut cut) {
                content.dirty.removeIf(page -> {
                    boolean isDone = random.nextBoolean();
                    if (isDone) {
                        content.bringToDisk(page);
                    }
                    return isDone;
                });
                throw cut;
            }
            beforeSync.run();
            checkSane("synced");
            if (failingSyncs > 0) {
                failingSyncs--;
                content.isPoisoned = true;
                content.syncHalf();
                throw new IOException("Input/output error");
            }
            content.sync();
        }

        @Override
        public void truncate(long size) throws IOException {
            operation();
            checkWritable(name);
            checkSane("truncated");
            if (size < content.bytes.length) {
                content.bytes = Arrays.copyOf(content.bytes, (int) size);
                content.dirty.removeIf(page -> (long) page * PAGE_BYTES >= size);
            }
        }

        private void checkSane(String what) {
            if (content.isPoisoned) {
                throw new AssertionError(name + " is " + what + " after a failed sync");
            }
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
