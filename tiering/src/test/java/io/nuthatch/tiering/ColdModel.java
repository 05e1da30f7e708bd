package io.nuthatch.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.ColdStore;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A store beside plain maps that say what it must hold.
final class ColdModel {
    private static final int IDS = 300;
    private static final int SPACES = 3;
    private static final int STRIDE = 64 << 10;

    private record Name(Kind kind, int space, long id) {}

    private SplittableRandom random;
    private Map<Name, byte[]> now = new HashMap<>();
    private final NavigableMap<Long, Map<Name, byte[]>> flushes = new TreeMap<>(Map.of(SsdStore.NO_FLUSH, Map.of()));

    ColdModel(SplittableRandom random) {
        this.random = random;
    }

    /// One random call, a flush now and then.
    void step(ColdStore store) throws IOException {
        switch (random.nextInt(200)) {
            case 0 -> flush(store);
            case 1 -> forget(store);
            default -> change(store);
        }
    }

    /// The calls that belong to flush `number`, always the same, without the flush. Without a store only the
    /// maps change.
    void changesOf(long number, @Nullable ColdStore store) throws IOException {
        random = new SplittableRandom(number);
        for (int steps = random.nextInt(200); steps > 0; steps--) {
            change(store);
        }
    }

    private void change(@Nullable ColdStore store) throws IOException {
        Name name = new Name(Kind.values()[random.nextInt(3)], random.nextInt(SPACES), random.nextInt(IDS));
        int what = random.nextInt(2_000);
        if (what == 0) {
            if (store != null) {
                store.drop(name.space);
            }
            now.keySet().removeIf(each -> each.space == name.space);
        } else if (what < 400) {
            if (store != null) {
                name.kind.in(store, name.space).remove(name.id);
            }
            now.remove(name);
        } else if (what < 600) {
            append(store, name);
        } else if (what < 650) {
            putAll(store, name);
        } else {
            byte[] value = bytes(name.kind.length(random));
            if (store != null) {
                put(name.kind.in(store, name.space), name.id, value);
                if (what < 700) {
                    assertThat(get(name.kind.in(store, name.space), name.id)).isEqualTo(value);
                }
            }
            now.put(name, value);
        }
    }

    void flush(ColdStore store) throws IOException {
        long number = flushes.lastKey() + 1;
        store.flush(number);
        flushes.put(number, new HashMap<>(now));
    }

    void forget(ColdStore store) throws IOException {
        store.forgetOlderFlushes();
        flushes.headMap(flushes.lastKey()).clear();
    }

    /// One of the flushes that a store can be opened at; the maps go back to it.
    long someFlush() {
        List<Long> there = List.copyOf(flushes.keySet());
        long number = there.get(random.nextInt(there.size()));
        now = new HashMap<>(flushes.get(number));
        flushes.keySet().removeIf(each -> each != number);
        return number;
    }

    private void append(@Nullable ColdStore store, Name name) throws IOException {
        byte[] more = bytes(1 + random.nextInt(300));
        Name posting = new Name(Kind.POSTINGS, name.space, name.id % 10);
        byte[] old = now.getOrDefault(posting, new byte[0]);
        if (old.length + more.length > STRIDE) {
            return;
        }
        if (store != null) {
            try (Arena arena = Arena.ofConfined()) {
                store.postings(name.space).append(posting.id, arena.allocateFrom(ValueLayout.JAVA_BYTE, more));
            }
        }
        byte[] both = new byte[old.length + more.length];
        System.arraycopy(old, 0, both, 0, old.length);
        System.arraycopy(more, 0, both, old.length, more.length);
        now.put(posting, both);
    }

    /// Up to 200 values at once, some ids twice.
    private void putAll(@Nullable ColdStore store, Name first) throws IOException {
        int count = random.nextInt(200);
        long[] ids = random.longs(count, 0, IDS).toArray();
        byte[][] values = new byte[count][];
        for (int i = 0; i < count; i++) {
            values[i] = bytes(first.kind.length(random));
            now.put(new Name(first.kind, first.space, ids[i]), values[i]);
        }
        if (store != null) {
            putAll(first.kind.in(store, first.space), ids, values);
        }
    }

    static void putAll(ColdStore.Values to, long[] ids, byte[][] values) throws IOException {
        int strideBytes =
                Arrays.stream(values).mapToInt(value -> value.length).max().orElse(1);
        int[] lengths = new int[values.length];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocate(Math.max(1L, (long) values.length * strideBytes));
            for (int i = 0; i < values.length; i++) {
                lengths[i] = values[i].length;
                MemorySegment.copy(values[i], 0, from, ValueLayout.JAVA_BYTE, (long) i * strideBytes, lengths[i]);
            }
            to.putAll(ids, values.length, from, strideBytes, lengths);
        }
    }

    /// All ids, found a few at a time.
    static List<Long> ids(ColdStore.Values values, int atOnce) throws IOException {
        List<Long> ids = new ArrayList<>();
        long[] some = new long[atOnce];
        for (long first = 0; true; first = ids.getLast() + 1) {
            int count = values.ids(first, some);
            if (count == 0) {
                return ids;
            }
            Arrays.stream(some, 0, count).forEach(ids::add);
        }
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    static void put(ColdStore.Values values, long id, byte[] value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            values.put(id, arena.allocateFrom(ValueLayout.JAVA_BYTE, value));
        }
    }

    /// The value of `id`, or null.
    static byte @Nullable [] get(ColdStore.Values values, long id) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(STRIDE);
            int length = values.get(id, into);
            return length < 0 ? null : into.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private void check(ColdStore store, Name name) throws IOException {
        assertThat(get(name.kind.in(store, name.space), name.id))
                .as(name.toString())
                .isEqualTo(now.get(name));
    }

    /// All that there is and all that there is not: one by one, in batches and by a walk.
    void checkAll(ColdStore store) throws IOException {
        for (Kind kind : Kind.values()) {
            for (int space = 0; space < SPACES; space++) {
                int in = space;
                assertThat(ids(kind.in(store, space), 1 + random.nextInt(100)))
                        .as(kind + " of space " + space)
                        .isEqualTo(now.keySet().stream()
                                .filter(name -> name.kind == kind && name.space == in)
                                .map(Name::id)
                                .sorted()
                                .toList());
            }
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate((long) IDS * STRIDE);
            for (Kind kind : Kind.values()) {
                for (int space = 0; space < SPACES; space++) {
                    long[] ids = random.longs(IDS, 0, IDS).toArray();
                    int[] lengths = new int[IDS];
                    kind.in(store, space).getAll(ids, IDS, into, STRIDE, lengths);
                    for (int i = 0; i < IDS; i++) {
                        Name name = new Name(kind, space, ids[i]);
                        byte[] expected = now.get(name);
                        check(store, new Name(kind, space, i));
                        assertThat(lengths[i]).as(name.toString()).isEqualTo(expected == null ? -1 : expected.length);
                        if (expected != null) {
                            assertThat(into.asSlice((long) i * STRIDE, lengths[i])
                                            .toArray(ValueLayout.JAVA_BYTE))
                                    .as(name.toString())
                                    .isEqualTo(expected);
                        }
                    }
                }
            }
        }
    }
}
