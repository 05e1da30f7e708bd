package io.nuthatch.engine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The keyspace beside a `HashMap` that is given the same operations.
class KeyspaceModelTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);

    /// A value of the model: a string, or fields; and expiries.
    private static final class Value {
        byte[] string = new byte[0];
        boolean isHash;
        Map<String, byte[]> fields = new HashMap<>();
        Map<String, Long> fieldExpiry = new HashMap<>();
        long expireAt;

        Value copy() {
            Value copy = new Value();
            copy.string = string.clone();
            copy.isHash = isHash;
            copy.fields = new HashMap<>(fields);
            copy.fieldExpiry = new HashMap<>(fieldExpiry);
            copy.expireAt = expireAt;
            return copy;
        }
    }

    private static final class Model implements AutoCloseable {
        final Random random;
        final MemoryAccount account = new MemoryAccount();
        final MemoryAccount.Counter own = new MemoryAccount().counter("test", "scratch");
        final Keyspace keyspace = new Keyspace(new KeyspaceOptions(2, 1), () -> 1_000_000, account);
        final List<Map<String, Value>> model = List.of(new HashMap<>(), new HashMap<>());
        final long scratch = OffHeap.allocate(4 << 20, own);
        final int keys;
        long now = 1_000_000;

        Model(Random random, int keys) {
            this.random = random;
            this.keys = keys;
        }

        @Override
        public void close() {
            keyspace.close();
            OffHeap.free(scratch, 4 << 20, own);
            assertThat(account.total()).as("bytes after close").isZero();
        }

        String keyName() {
            int n = random.nextInt(keys);
            return switch (n % 3) {
                case 0 -> "k" + n;
                case 1 -> "{tag}:" + n;
                default -> "a longer key, with more than sixteen bytes in it " + n;
            };
        }

        byte[] value() {
            int kind = random.nextInt(100);
            int length = kind < 50
                    ? random.nextInt(100)
                    : kind < 90 ? random.nextInt(3000) : kind < 99 ? random.nextInt(40_000) : random.nextInt(600_000);
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            return bytes;
        }

        long at(byte[] bytes) {
            Memory.copyIn(bytes, 0, scratch, bytes.length);
            return scratch;
        }

        long field(String name) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            Memory.copyIn(bytes, 0, scratch + (3 << 20), bytes.length);
            return scratch + (3 << 20);
        }

        @Nullable
        Value live(Map<String, Value> map, String name) {
            Value value = map.get(name);
            if (value == null) {
                return null;
            }
            if (value.expireAt != 0 && value.expireAt <= now) {
                map.remove(name);
                return null;
            }
            if (value.isHash) {
                value.fieldExpiry.entrySet().removeIf(e -> {
                    if (e.getValue() <= now) {
                        value.fields.remove(e.getKey());
                        return true;
                    }
                    return false;
                });
                if (value.fields.isEmpty()) {
                    map.remove(name);
                    return null;
                }
            }
            return value;
        }

        void step() {
            int d = random.nextInt(5) == 0 ? 1 : 0;
            Database database = keyspace.database(d);
            Map<String, Value> map = model.get(d);
            String name = keyName();
            Key key = Key.copyOf(name);
            int[] stripes = {keyspace.stripes().stripeOf(key.hashSlot())};
            int choice = random.nextInt(100);
            if (choice < 25) {
                locked(stripes, () -> {
                    byte[] bytes = value();
                    long expire = random.nextInt(4) == 0 ? now + 1 + random.nextInt(500) : 0;
                    database.putString(key, at(bytes), bytes.length, expire);
                    Value value = new Value();
                    value.string = bytes;
                    value.expireAt = expire;
                    map.put(name, value);
                });
            } else if (choice < 35) {
                locked(stripes, () -> {
                    assertThat(database.find(key, now) != 0).isEqualTo(live(map, name) != null);
                    assertThat(database.remove(key)).isEqualTo(map.remove(name) != null);
                });
            } else if (choice < 40) {
                locked(stripes, () -> {
                    Value value = live(map, name);
                    long record = database.find(key, now);
                    assertThat(record != 0).isEqualTo(value != null);
                    if (value != null && !value.isHash) {
                        int length = value.string.length + random.nextInt(200);
                        long grown = database.growString(key, record, length);
                        value.string = Arrays.copyOf(value.string, length);
                        assertThat(Memory.toBytes(Record.valueAddress(grown), length))
                                .isEqualTo(value.string);
                        assertThat(Record.encoding(grown)).isEqualTo("raw");
                    }
                });
            } else if (choice < 45) {
                locked(stripes, () -> {
                    Value value = live(map, name);
                    long record = database.peek(key, now);
                    if (value != null && record != 0) {
                        value.expireAt = random.nextInt(3) == 0 ? 0 : now + 1 + random.nextInt(1000);
                        database.setExpireAt(key, record, value.expireAt);
                    }
                });
            } else if (choice < 50) {
                String other = keyName();
                Key to = Key.copyOf(other);
                Database target = keyspace.database(random.nextInt(2));
                Map<String, Value> targetMap = model.get(target.index());
                boolean rename = random.nextBoolean();
                int[] both = {stripes[0], keyspace.stripes().stripeOf(to.hashSlot())};
                Arrays.sort(both);
                locked(both, () -> {
                    Value value = live(map, name);
                    database.hashOrNull(key, now);
                    boolean same = target == database && name.equals(other);
                    if (rename) {
                        assertThat(database.moveTo(target, key, to, now)).isEqualTo(value != null);
                        if (value != null) {
                            map.remove(name);
                            targetMap.put(other, value);
                        }
                    } else {
                        assertThat(database.copyTo(target, key, to, now)).isEqualTo(value != null && !same);
                        if (value != null && !same) {
                            targetMap.put(other, value.copy());
                        }
                    }
                });
            } else if (choice < 97) {
                locked(stripes, () -> hashStep(database, map, name, key));
            } else if (choice < 98) {
                now += random.nextInt(100);
                database.defragment(100);
                if (random.nextBoolean()) {
                    keyspace.activeExpire(now, random.nextInt(2000));
                }
            } else {
                check(database, map);
            }
        }

        void hashStep(Database database, Map<String, Value> map, String name, Key key) {
            Value value = live(map, name);
            if (value != null && !value.isHash) {
                assertThatThrownBy(() -> database.hash(key, now)).isSameAs(WrongTypeException.INSTANCE);
                return;
            }
            HashValue hash = database.hashForWrite(key, now);
            if (value == null) {
                assertThat(hash.size()).isZero();
                value = new Value();
                value.isHash = true;
            }
            int puts = random.nextInt(100) == 0 ? 600 : 1 + random.nextInt(4);
            if (random.nextBoolean()) {
                hash.reserve(puts, random.nextInt(5000));
            }
            for (int i = 0; i < puts; i++) {
                String field = "field" + random.nextInt(puts > 10 ? 1000 : 12);
                byte[] bytes = random.nextInt(10) == 0 ? value() : new byte[random.nextInt(80)];
                boolean keep = random.nextInt(4) == 0;
                Long old = value.fieldExpiry.get(field);
                boolean fresh = keep
                        ? hash.putKeepingExpiry(field(field), field.length(), at(bytes), bytes.length)
                        : hash.put(field(field), field.length(), at(bytes), bytes.length);
                assertThat(fresh).isEqualTo(value.fields.put(field, bytes) == null);
                if (!keep) {
                    value.fieldExpiry.remove(field);
                } else {
                    assertThat(hash.expireAt(field(field), field.length())).isEqualTo(old == null ? 0 : old);
                }
            }
            map.put(name, value);
            if (random.nextInt(3) == 0) {
                String field = "field" + random.nextInt(12);
                long at = random.nextInt(3) == 0 ? 0 : now + 1 + random.nextInt(300);
                assertThat(hash.setExpireAt(field(field), field.length(), at))
                        .isEqualTo(value.fields.containsKey(field));
                if (value.fields.containsKey(field)) {
                    if (at == 0) {
                        value.fieldExpiry.remove(field);
                    } else {
                        value.fieldExpiry.put(field, at);
                    }
                }
            }
            int removes = random.nextInt(20) == 0 ? 1000 : random.nextInt(3);
            for (int i = 0; i < removes; i++) {
                String field = "field" + (removes > 10 ? i : random.nextInt(12));
                assertThat(hash.remove(field(field), field.length())).isEqualTo(value.fields.remove(field) != null);
                value.fieldExpiry.remove(field);
            }
            assertThat(hash.size()).isEqualTo(value.fields.size());
            if (value.fields.isEmpty()) {
                map.remove(name);
                assertThat(database.peek(key, now)).isZero();
            } else if (value.fields.size() < 40) {
                checkHash(hash, value);
            }
        }

        void check(Database database, Map<String, Value> map) {
            for (String name : new ArrayList<>(map.keySet())) {
                Value value = live(map, name);
                Key key = Key.copyOf(name);
                locked(new int[] {keyspace.stripes().stripeOf(key.hashSlot())}, () -> {
                    database.hashOrNull(key, now);
                    long record = database.peek(key, now);
                    assertThat(record != 0).as(name).isEqualTo(value != null);
                    if (value == null) {
                        return;
                    }
                    assertThat(Record.expireAt(record)).isEqualTo(value.expireAt);
                    if (!value.isHash) {
                        assertThat(Memory.toBytes(Record.valueAddress(record), Record.valueLength(record)))
                                .isEqualTo(value.string);
                    } else {
                        checkHash(database.hashForWrite(key, now), value);
                    }
                });
            }
            Set<String> seen = new HashSet<>();
            database.forEachKey(now, (key, record) -> seen.add(new String(key.toBytes(), StandardCharsets.UTF_8)));
            for (String name : seen) {
                Key key = Key.copyOf(name);
                locked(
                        new int[] {keyspace.stripes().stripeOf(key.hashSlot())},
                        () -> database.hashOrNull(key, now)); // Removes fields that expired.
            }
            Set<String> rest = new HashSet<>();
            database.forEachKey(now, (key, record) -> rest.add(new String(key.toBytes(), StandardCharsets.UTF_8)));
            assertThat(rest).isEqualTo(map.keySet());
        }

        void checkHash(HashValue hash, Value value) {
            Map<String, byte[]> fields = new HashMap<>();
            Map<String, Long> expiry = new HashMap<>();
            hash.forEach((fieldAddress, fieldLength, valueAddress, valueLength, at) -> {
                String field = new String(Memory.toBytes(fieldAddress, fieldLength), StandardCharsets.UTF_8);
                fields.put(field, Memory.toBytes(valueAddress, valueLength));
                if (at != 0) {
                    expiry.put(field, at);
                }
            });
            assertThat(fields.keySet()).isEqualTo(value.fields.keySet());
            value.fields.forEach((field, bytes) -> assertThat(fields.get(field)).isEqualTo(bytes));
            assertThat(expiry).isEqualTo(value.fieldExpiry);
            Slice slice = new Slice();
            value.fields.forEach((field, bytes) -> {
                assertThat(hash.get(field(field), field.length(), slice)).isTrue();
                assertThat(slice.toBytes()).isEqualTo(bytes);
            });
            assertThat(hash.get(field("absent"), 6, slice)).isFalse();
        }

        void locked(int[] sorted, Runnable task) {
            keyspace.stripes().lockSorted(sorted, sorted.length);
            try {
                task.run();
            } finally {
                keyspace.stripes().unlockSorted(sorted, sorted.length);
            }
        }
    }

    @Test
    void agreesWithAHashMapUnderRandomOperations() {
        for (int run = 0; run < 12; run++) {
            long seed = SEED + run;
            int step = 0;
            try (Model model = new Model(new Random(seed), run % 3 == 0 ? 20 : 300)) {
                for (; step < 6_000; step++) {
                    model.step();
                }
                model.check(model.keyspace.database(0), model.model.get(0));
                model.check(model.keyspace.database(1), model.model.get(1));
                assertThat(model.keyspace.database(0).size())
                        .isEqualTo(model.model.get(0).size());
                long expires = model.model.get(0).values().stream()
                        .filter(value -> value.expireAt != 0)
                        .count();
                assertThat(model.keyspace.database(0).expires()).isEqualTo(expires);
                model.keyspace.stripes().lockAll();
                model.keyspace.flushAll();
                model.keyspace.stripes().unlockAll();
                assertThat(model.account.byPart("keyspace").get("records")).isZero();
                assertThat(model.account.byPart("keyspace").get("large values")).isZero();
                assertThat(model.account.byPart("keyspace").get("tables")).isZero();
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("step " + step + "; reproduce with -Dnuthatch.seed=" + seed, failure);
            }
        }
    }
}
