package io.nuthatch.engine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class KeyspaceTest {
    private final KeyspaceFixture ks = new KeyspaceFixture();

    @AfterEach
    void close() {
        ks.close();
    }

    // ---- Encodings

    @Test
    void encodingsAreNamedAsRedisNamesThem() {
        ks.set("a", "12345");
        ks.set("b", "-9223372036854775808");
        ks.set("c", "9223372036854775808");
        ks.set("d", "0123");
        ks.set("e", "x".repeat(44));
        ks.set("f", "x".repeat(45));
        ks.set("g", "-0");
        ks.set("h", "9223372036854775807");
        assertThat(ks.encoding("a")).isEqualTo("int");
        assertThat(ks.encoding("b")).isEqualTo("int");
        assertThat(ks.encoding("c")).isEqualTo("embstr");
        assertThat(ks.encoding("d")).isEqualTo("embstr");
        assertThat(ks.encoding("e")).isEqualTo("embstr");
        assertThat(ks.encoding("f")).isEqualTo("raw");
        assertThat(ks.encoding("g")).isEqualTo("embstr");
        assertThat(ks.encoding("h")).isEqualTo("int");
        ks.hset("h1", "f", "v");
        assertThat(ks.encoding("h1")).isEqualTo("listpack");
        ks.hexpireAt("h1", "f", ks.now + 1000);
        assertThat(ks.encoding("h1")).isEqualTo("listpackex");
        ks.hset("h1", "f", "x".repeat(65));
        assertThat(ks.encoding("h1")).isEqualTo("hashtable");
        for (int i = 0; i < 512; i++) {
            ks.hset("h2", "f" + i, "v");
        }
        assertThat(ks.encoding("h2")).isEqualTo("listpack");
        ks.hset("h2", "one more", "v");
        assertThat(ks.encoding("h2")).isEqualTo("hashtable");
    }

    @Test
    void aSetAfterAnAppendIsNoLongerRaw() {
        ks.set("k", "1");
        Key key = Key.copyOf("k");
        ks.locked(key, () -> {
            long record = ks.database.growString(key, ks.database.find(key, ks.now), 2);
            Memory.putByte(Record.valueAddress(record) + 1, (byte) '2');
            return 0;
        });
        assertThat(ks.get("k")).isEqualTo("12");
        assertThat(ks.encoding("k")).isEqualTo("raw");
        ks.set("k", "13");
        assertThat(ks.encoding("k")).isEqualTo("int");
    }

    @Test
    void valuesAndKeysOfMegabytesAreKeptAndGivenBack() {
        String big = "v".repeat(5 << 20);
        String bigKey = "k".repeat(1 << 20);
        ks.set("k", big);
        ks.set(bigKey, "small");
        assertThat(ks.get("k")).isEqualTo(big);
        assertThat(ks.get(bigKey)).isEqualTo("small");
        ks.set("k", big + "more");
        assertThat(ks.get("k")).isEqualTo(big + "more");
        assertThat(ks.account.byPart().get("large values")).isGreaterThan(6 << 20);
        ks.set("k", "small");
        ks.remove(bigKey);
        assertThat(ks.account.byPart().get("large values")).isZero();
    }

    // ---- Expiry

    @Test
    void anExpiredKeyIsGoneFromTheMillisecondOfItsExpiry() {
        ks.listen();
        ks.set("k", "v", ks.now + 10);
        ks.now += 9;
        assertThat(ks.get("k")).isEqualTo("v");
        ks.now += 1;
        assertThat(ks.get("k")).isNull();
        assertThat(ks.events).containsExactly("new k", "expired k");
        assertThat(ks.database.size()).isZero();
        assertThat(ks.database.expires()).isZero();
        assertThat(ks.keyspace.expiredKeys()).isEqualTo(1);
    }

    @Test
    void aPauseHidesExpiredKeysAndRemovesThemAfterwards() {
        long end = ks.now + 100;
        ks.keyspace.setExpiryPause(now -> now < end);
        ks.listen();
        ks.set("read", "v", ks.now + 10);
        ks.set("set", "v", ks.now + 10);
        ks.set("grown", "v", ks.now + 10);
        ks.set("hash", "v", ks.now + 10);
        ks.now += 10;
        ks.events.clear();
        List<String> seen = new ArrayList<>();
        ks.database.forEachKey(ks.now, (key, record) -> seen.add(new String(key.toBytes(), StandardCharsets.UTF_8)));
        assertThat(seen).isEmpty();
        assertThat(ks.database.randomKey(ks.now)).isNull();
        assertThat(List.of("read", "set", "grown", "hash"))
                .allSatisfy(name -> assertThat(ks.get(name)).isNull());
        assertThat(ks.keyspace.expiredKeys()).isZero();
        assertThat(ks.database.size()).isEqualTo(4);
        assertThat(ks.events).isEmpty();

        // A transaction that began the pause may still write: each name stands for one key only.
        ks.set("set", "new");
        Key grown = Key.copyOf("grown");
        ks.locked(grown, () -> ks.database.growString(grown, 0, 1));
        ks.hset("hash", "field", "value");
        assertThat(ks.database.size()).isEqualTo(4);
        assertThat(ks.get("set")).isEqualTo("new");
        assertThat(ks.hgetall("hash")).containsOnlyKeys("field");

        ks.now = end;
        assertThat(ks.get("read")).isNull();
        assertThat(ks.database.size()).isEqualTo(3);
        assertThat(ks.database.expires()).isZero();
        assertThat(ks.events).endsWith("expired read");
    }

    @Test
    void anExpiredFieldIsGoneFromTheMillisecondOfItsExpiryAndTheKeyWithTheLast() {
        ks.listen();
        ks.hset("h", "a", "1");
        ks.hset("h", "b", "2");
        ks.hexpireAt("h", "a", ks.now + 5);
        ks.hexpireAt("h", "b", ks.now + 7);
        ks.now += 5;
        assertThat(ks.hgetall("h")).containsOnlyKeys("b");
        assertThat(ks.events).containsExactly("new h", "hexpired h");
        ks.now += 2;
        assertThat(ks.hgetall("h")).isEmpty();
        assertThat(ks.exists("h")).isFalse();
        assertThat(ks.events).containsExactly("new h", "hexpired h", "hexpired h", "del h");
    }

    @Test
    void puttingAFieldTakesItsExpiryAway() {
        ks.hset("h", "a", "1");
        ks.hexpireAt("h", "a", ks.now + 5);
        ks.hset("h", "a", "2");
        ks.now += 10;
        assertThat(ks.hgetall("h")).containsEntry("a", "2");
    }

    @Test
    void anExpiryThatGoesWhileTheValueGrowsByItsEightBytesMovesTheName() {
        ks.hset("h", "name", "v");
        ks.hset("h", "after", "w");
        ks.hexpireAt("h", "name", ks.now + 1000);
        ks.hset("h", "name", "v23456789");
        assertThat(ks.hgetall("h"))
                .containsOnlyKeys("name", "after")
                .containsEntry("name", "v23456789")
                .containsEntry("after", "w");
    }

    @Test
    void activeExpiryRemovesExactlyWhatIsDueInAnyBudget() {
        for (int budget : new int[] {1, 100, Integer.MAX_VALUE}) {
            Random random = new Random(0x5eed);
            Map<String, Long> expiry = new HashMap<>();
            for (int i = 0; i < 6000; i++) {
                // One hash slot holds far more than one window of the active expiry.
                String name = (i % 2 == 0 ? "{t}" : "") + i;
                long at = ks.now + 1 + random.nextInt(1000);
                expiry.put(name, at);
                if (i % 5 == 0) {
                    ks.hset(name, "f", "v");
                    ks.hexpireAt(name, "f", at);
                } else {
                    ks.set(name, "v", at);
                }
            }
            while (ks.database.size() > 0) {
                ks.now += random.nextInt(100);
                int expected = (int)
                        expiry.values().stream().filter(at -> at <= ks.now).count();
                expiry.values().removeIf(at -> at <= ks.now);
                int removed = 0;
                for (int i = 0; i < 20_000 && removed < expected; i++) {
                    removed += ks.keyspace.activeExpire(ks.now, budget);
                }
                assertThat(removed).isEqualTo(expected);
                assertThat(ks.keyspace.activeExpire(ks.now, Integer.MAX_VALUE)).isZero();
                assertThat(ks.database.size()).isEqualTo(expiry.size());
            }
        }
    }

    @Test
    void aDueDocumentIsRemovedBeforeASearchAndNothingElseIs() {
        for (String prefix : new String[] {"doc", "{one slot}"}) {
            dueDocumentsAreRemoved(prefix);
            ks.allLocked(ks.keyspace::flushAll);
        }
    }

    private void dueDocumentsAreRemoved(String prefix) {
        Hooks hooks = new Hooks();
        ks.keyspace.setDocuments(hooks);
        Random random = new Random(0x5eed);
        Map<String, Long> expiry = new HashMap<>();
        for (int i = 0; i < 3000; i++) {
            String name = prefix + i;
            long at = ks.now + 1 + random.nextInt(1000);
            ks.hset(name, "f", "v");
            ks.hset(name, "g", "v");
            switch (i % 3) {
                case 0 -> {
                    ks.expireAt(name, at);
                    ks.makeDocument(name, 7);
                }
                case 1 -> {
                    ks.makeDocument(name, 7);
                    ks.expireAt(name, ks.now + 5000);
                    ks.expireAt(name, at);
                }
                default -> {
                    ks.makeDocument(name, 7);
                    ks.hexpireAt(name, "f", at);
                    ks.hexpireAt(name, "g", at);
                }
            }
            expiry.put(name, at);
        }
        ks.set("string", "v", ks.now + 1);
        while (!expiry.isEmpty()) {
            ks.now += random.nextInt(30);
            for (String name : new ArrayList<>(expiry.keySet())) {
                // Lengthened or shortened once all structures know it.
                if (random.nextInt(100) == 0 && expiry.get(name) > ks.now && ks.isKeyExpiry(name)) {
                    long at = ks.now + 1 + random.nextInt(1000);
                    ks.expireAt(name, at);
                    expiry.put(name, at);
                }
            }
            ks.database.expireDue(ks.now);
            Set<String> gone = new HashSet<>();
            expiry.forEach((name, at) -> {
                if (at <= ks.now) {
                    gone.add(name);
                }
            });
            expiry.keySet().removeAll(gone);
            assertThat(ks.database.size()).isEqualTo(expiry.size() + 1);
            assertThat(hooks.removed).isEqualTo(gone);
            hooks.removed.clear();
        }
        ks.keyspace.setDocuments(null);
        hooks.free();
    }

    // ---- Scan

    /// In tables above 16384 words a scan reads records again where it comes around the end: freeing must not
    /// go by it. The hash factors are secret, so several tables are tried.
    @Test
    void recordsOfAHugeTableAreFreedOnce() {
        for (int run = 0; run < 12; run++) {
            for (int i = 0; i < 20_000; i++) {
                ks.set("{t}" + run + ":" + i, "v");
            }
            ks.allLocked(ks.keyspace::flushAll);
            assertThat(ks.database.size()).isZero();
            for (int i = 0; i < 20_000; i++) {
                ks.hset("h" + run, "field" + i, "v");
            }
            ks.remove("h" + run);
            assertThat(ks.database.size()).isZero();
        }
    }

    @Test
    void scanSeesWhateverIsThereAllAlongWhileTablesGrowAndShrink() {
        for (int run = 0; run < 20; run++) {
            long seed = 0x5eed + run;
            Random random = new Random(seed);
            Set<String> stable = new HashSet<>();
            boolean oneSlot = run % 2 == 0; // One huge table, or many small ones.
            int size = run % 10 == 0 ? 40_000 : 3000; // Above 16384 words tags no longer tell homes.
            for (int i = 0; i < size / 3; i++) {
                stable.add((oneSlot ? "{t}" : "") + "stable" + i);
            }
            stable.forEach(name -> ks.set(name, "v"));
            int extra = random.nextBoolean() ? size : 0;
            for (int i = 0; i < extra; i++) {
                ks.set((oneSlot ? "{t}" : "") + "extra" + i, "v");
            }
            boolean grow = extra == 0;
            List<String> seen = new ArrayList<>();
            long cursor = 0;
            int next = 0;
            do {
                cursor = ks.database.scan(
                        cursor,
                        1 + random.nextInt(50),
                        ks.now,
                        (key, record) -> seen.add(new String(key.toBytes(), StandardCharsets.UTF_8)));
                for (int i = random.nextInt(200); i > 0 && next < size; i--, next++) {
                    String name = (oneSlot ? "{t}" : "") + "extra" + next;
                    if (grow) {
                        ks.set(name, "v");
                    } else {
                        ks.remove(name);
                    }
                }
                assertThat(cursor).isNotNegative();
            } while (cursor != 0);
            assertThat(seen).as("seed " + seed).containsAll(stable);
            ks.allLocked(ks.keyspace::flushAll);
        }
    }

    @Test
    void scanOfAQuietDatabaseSeesEachKeyOnceAndTakesAnyCursor() {
        for (int i = 0; i < 5000; i++) {
            ks.set("key" + i, "v");
        }
        List<String> seen = new ArrayList<>();
        long cursor = 0;
        do {
            cursor = ks.database.scan(cursor, 10, ks.now, (key, record) -> seen.add(key.toString()));
        } while (cursor != 0);
        assertThat(seen).hasSize(5000).doesNotHaveDuplicates();
        Random random = new Random(0x5eed);
        for (int i = 0; i < 1000; i++) {
            ks.database.scan(random.nextLong(), random.nextInt(), ks.now, (key, record) -> {});
        }
        ks.database.scan(-1, Integer.MIN_VALUE, ks.now, (key, record) -> {});
    }

    @Test
    void hashScanSeesWhateverIsThereAllAlong() {
        Set<String> stable = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            stable.add("stable" + i);
            ks.hset("h", "stable" + i, "v");
        }
        Key key = Key.copyOf("h");
        Set<String> seen = new HashSet<>();
        long cursor = 0;
        int next = 0;
        int calls = 0;
        do {
            long from = cursor;
            cursor = ks.locked(
                    key,
                    () -> ks.database
                            .hashForWrite(key, ks.now)
                            .scan(
                                    from,
                                    20,
                                    (fieldAddress, fieldLength, valueAddress, valueLength, at) -> seen.add(new String(
                                            Memory.toBytes(fieldAddress, fieldLength), StandardCharsets.UTF_8))));
            for (int i = 0; i < 100; i++) {
                ks.hset("h", "extra" + next++, "v");
            }
            calls++;
        } while (cursor != 0);
        assertThat(seen).containsAll(stable);
        assertThat(calls).isGreaterThan(20);
    }

    @Test
    void randomKeyReachesEveryKeyAndNoExpiredOne() {
        for (int i = 0; i < 50; i++) {
            ks.set("key" + i, "v");
            ks.set("gone" + i, "v", ks.now);
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 3000; i++) {
            byte[] key = ks.database.randomKey(ks.now);
            assertThat(key).isNotNull();
            seen.add(new String(key, StandardCharsets.UTF_8));
        }
        assertThat(seen).hasSize(50).allMatch(name -> name.startsWith("key"));
        ks.allLocked(ks.database::flush);
        assertThat(ks.database.randomKey(ks.now)).isNull();
        ks.set("gone", "v", ks.now);
        assertThat(ks.database.randomKey(ks.now)).isNull();
    }

    // ---- Documents

    /// Rows that hold the bytes `rowsId, ordinal, …`, and what the hook heard.
    private final class Hooks implements DocumentHooks {
        final Set<String> removed = new HashSet<>();
        final MemoryAccount.Counter counter = ks.account.counter("test", "rows");
        final long row = OffHeap.allocate(4096, counter);

        @Override
        public void beforeRemove(Database database, Key key, long record) {
            assertThat(Record.document(record)).isEqualTo(7);
            removed.add(new String(key.toBytes(), StandardCharsets.UTF_8));
        }

        @Override
        public long address(int rowsId, int ordinal) {
            Memory.fill(row, 1536, (byte) (rowsId * 16 + ordinal));
            return row;
        }

        @Override
        public int bytes(int rowsId) {
            return 1536;
        }

        void free() {
            OffHeap.free(row, 4096, counter);
        }
    }

    @Test
    void aRowReferenceTakesTheBytesOutOfTheRecordAndGivesThemBackToReaders() {
        Hooks hooks = new Hooks();
        ks.keyspace.setDocuments(hooks);
        for (boolean table : new boolean[] {false, true}) {
            String name = table ? "table" : "packed";
            ks.hset(name, "tag", "a");
            ks.hset(name, "vec", new byte[1536]);
            ks.hset(name, "num", "7");
            if (table) {
                for (int i = 0; i < 600; i++) {
                    ks.hset(name, "f" + i, "v");
                }
            }
            Key key = Key.copyOf(name);
            Key vec = Key.copyOf("vec");
            ks.makeDocument(name, 7);
            long before = ks.locked(key, () -> Keyspace.bytesOf(ks.database.peek(key, ks.now)));
            long usage = ks.locked(key, () -> ks.database.memoryUsage(key, ks.now));
            ks.hexpireAt(name, "vec", ks.now + 1000);
            ks.locked(key, () -> {
                HashValue hash = ks.database.hashForWrite(key, ks.now);
                hash.putRow(vec.address(), vec.length(), 2, 3);
                assertThat(hash.isRow(vec.address(), vec.length())).isTrue();
                assertThat(hash.rowsId(vec.address(), vec.length())).isEqualTo(2);
                assertThat(hash.rowOrdinal(vec.address(), vec.length())).isEqualTo(3);
                assertThat(hash.expireAt(vec.address(), vec.length())).isEqualTo(ks.now + 1000);
                assertThat(Record.document(hash.record())).isEqualTo(7);
                return 0;
            });
            long after = ks.locked(key, () -> Keyspace.bytesOf(ks.database.peek(key, ks.now)));
            assertThat(before - after).isGreaterThan(1400);
            assertThat((long) ks.locked(key, () -> ks.database.memoryUsage(key, ks.now)))
                    .isCloseTo(usage, within(64L));
            assertThat(ks.hgetall(name)).containsEntry("vec", "#".repeat(1536)).containsEntry("tag", "a");
            Key copy = Key.copyOf("copy of " + name);
            int[] stripes = {
                ks.keyspace.stripes().stripeOf(key.hashSlot()),
                ks.keyspace.stripes().stripeOf(copy.hashSlot())
            };
            java.util.Arrays.sort(stripes);
            ks.keyspace.stripes().lockSorted(stripes, 2);
            assertThat(ks.database.copyTo(ks.database, key, copy, ks.now)).isTrue();
            assertThat(hooks.removed).isEmpty();
            assertThat(ks.database.rename(key, copy, ks.now)).isTrue();
            HashValue renamed = ks.database.hashForWrite(copy, ks.now);
            assertThat(renamed.isRow(vec.address(), vec.length())).isFalse();
            assertThat(renamed.expireAt(vec.address(), vec.length())).isEqualTo(ks.now + 1000);
            assertThat(Record.document(renamed.record())).isZero();
            ks.keyspace.stripes().unlockSorted(stripes, 2);
            assertThat(hooks.removed).containsExactly(name);
            hooks.removed.clear();
            assertThat(ks.hgetall("copy of " + name)).containsEntry("vec", "#".repeat(1536));
        }
        hooks.free();
    }

    @Test
    void everyWayOutTellsTheIndexFirst() {
        Hooks hooks = new Hooks();
        ks.keyspace.setDocuments(hooks);
        String[] ways = {"deleted", "overwritten", "expired", "emptied", "flushed", "evicted", "active"};
        for (String name : ways) {
            ks.hset(name, "f", "v");
            ks.makeDocument(name, 7);
        }
        ks.remove("deleted");
        ks.set("overwritten", "string");
        ks.remove("overwritten");
        ks.expireAt("expired", ks.now + 1);
        ks.expireAt("active", ks.now + 1);
        ks.now++;
        assertThat(ks.exists("expired")).isFalse();
        ks.keyspace.activeExpire(ks.now, 1000);
        Key key = Key.copyOf("emptied");
        Key field = Key.copyOf("f");
        ks.locked(key, () -> ks.database.hashForWrite(key, ks.now).remove(field.address(), field.length()));
        assertThat(hooks.removed).containsExactlyInAnyOrder("deleted", "overwritten", "expired", "active", "emptied");
        ks.expireAt("evicted", ks.now + 1000);
        assertThat(ks.keyspace.evictOne(EvictionPolicy.VOLATILE_TTL, ks.now)).isTrue();
        assertThat(hooks.removed).contains("evicted");
        ks.allLocked(ks.keyspace::flushAll);
        assertThat(hooks.removed).containsExactlyInAnyOrder(ways);
        hooks.free();
    }

    @Test
    void swappedDatabasesExchangeKeysAndDocumentsGoToNeither() {
        Hooks hooks = new Hooks();
        ks.keyspace.setDocuments(hooks);
        ks.listen();
        ks.hset("doc", "f", "v");
        ks.makeDocument("doc", 7);
        ks.allLocked(() -> ks.keyspace.swap(0, 3));
        assertThat(ks.database.size()).isZero();
        assertThat(ks.keyspace.database(3).size()).isEqualTo(1);
        assertThat(hooks.removed).containsExactly("doc");
        assertThat(ks.events).containsExactly("new doc", "flush 0", "flush 3");
        assertThat(ks.keyspace.database(3).scan(0, 10, ks.now, (key, record) -> {
                    assertThat(Record.document(record)).isZero();
                }))
                .isZero();
        hooks.free();
    }

    // ---- Eviction, access, memory

    @Test
    void evictionPrefersTheLeastRecentlyUsedAndVolatileSparesTheRest() {
        ks.keyspace.activeExpire(ks.now, 1); // Sets the access clock.
        for (int i = 0; i < 10; i++) {
            ks.set("key" + i, "v");
        }
        ks.now += 10_000;
        for (int i = 0; i < 10; i++) {
            if (i != 4) {
                ks.get("key" + i);
            }
        }
        Key idle = Key.copyOf("key4");
        assertThat(ks.locked(idle, () -> ks.database.idleSeconds(ks.database.peek(idle, ks.now), ks.now)))
                .isEqualTo(10);
        assertThat(ks.keyspace.evictOne(EvictionPolicy.VOLATILE_LRU, ks.now)).isFalse();
        assertThat(ks.keyspace.evictOne(EvictionPolicy.ALLKEYS_LRU, ks.now)).isTrue();
        assertThat(ks.exists("key4")).isFalse();
        ks.expireAt("key7", ks.now + 1000);
        ks.expireAt("key8", ks.now + 500);
        assertThat(ks.keyspace.evictOne(EvictionPolicy.VOLATILE_TTL, ks.now)).isTrue();
        assertThat(ks.exists("key8")).isFalse();
        assertThat(ks.keyspace.evictOne(EvictionPolicy.VOLATILE_RANDOM, ks.now)).isTrue();
        assertThat(ks.exists("key7")).isFalse();
        for (int i = 0; i < 7; i++) {
            assertThat(ks.keyspace.evictOne(EvictionPolicy.ALLKEYS_RANDOM, ks.now))
                    .isTrue();
        }
        assertThat(ks.keyspace.evictOne(EvictionPolicy.ALLKEYS_LFU, ks.now)).isFalse();
        assertThat(ks.keyspace.evictedKeys()).isEqualTo(10);
    }

    @Test
    void frequencyGrowsWithUseAndDecaysWithTime() {
        ks.keyspace.setEvictionPolicy(EvictionPolicy.ALLKEYS_LFU);
        ks.set("often", "v");
        ks.set("seldom", "v");
        for (int i = 0; i < 1000; i++) {
            ks.get("often");
        }
        Key often = Key.copyOf("often");
        int counter = ks.locked(often, () -> ks.database.frequency(ks.database.peek(often, ks.now), ks.now));
        assertThat(counter).isBetween(10, 40);
        ks.now += 3 * 60_000;
        int later = ks.locked(often, () -> ks.database.frequency(ks.database.peek(often, ks.now), ks.now));
        assertThat(later).isEqualTo(counter - 3);
        assertThat(ks.keyspace.evictOne(EvictionPolicy.ALLKEYS_LFU, ks.now)).isTrue();
        assertThat(ks.exists("seldom")).isFalse();
    }

    @Test
    void defragmentationSetsSparsePagesFreeAndLosesNothing() {
        Random random = new Random(0x5eed);
        Map<String, String> model = new HashMap<>();
        for (int i = 0; i < 120_000; i++) {
            String value = "v".repeat(random.nextInt(400));
            ks.set("key" + i, value);
            model.put("key" + i, value);
        }
        for (int i = 0; i < 3000; i++) {
            ks.hset("hash", "field" + i, "value" + i);
        }
        for (int i = 0; i < 120_000; i++) {
            if (random.nextInt(10) != 0) {
                ks.remove("key" + i);
                model.remove("key" + i);
            }
        }
        long reserved = ks.keyspace.reservedBytes();
        long used = ks.keyspace.usedBytes();
        int moved = 0;
        for (int i = 0; i < 50; i++) {
            moved += ks.keyspace.defragment(0.1, 5000);
        }
        assertThat(moved).isGreaterThan(5000);
        assertThat(ks.keyspace.usedBytes()).isEqualTo(used);
        assertThat(ks.keyspace.reservedBytes()).isLessThan(reserved * 2 / 3);
        model.forEach((name, value) -> assertThat(ks.get(name)).isEqualTo(value));
        assertThat(ks.hgetall("hash")).hasSize(3000).containsEntry("field2999", "value2999");
    }

    @Test
    void memoryOfManyKeysIsWithinTheBoundAndComesBackAfterAFlush() throws Exception {
        Path status = Path.of("/proc/self/status");
        Assumptions.assumeTrue(Files.exists(status));
        ks.set("warm", "up");
        long used = ks.keyspace.usedBytes();
        long resident = residentKilobytes(status);
        int keys = 300_000;
        for (int i = 0; i < keys; i++) {
            ks.set(String.format("key:%012d", i), "v".repeat(64));
        }
        assertThat((ks.keyspace.usedBytes() - used) / (double) keys).isLessThan(137); // 0.9 x Redis's 152.
        assertThat((ks.keyspace.reservedBytes() - used) / (double) keys).isLessThan(200); // Partly filled pages.
        long full = residentKilobytes(status);
        assertThat(full - resident).isGreaterThan(30_000);
        ks.allLocked(ks.keyspace::flushAll);
        assertThat(ks.keyspace.usedBytes()).isLessThanOrEqualTo(used);
        assertThat(ks.account.byPart().get("free blocks")).isLessThan(1 << 20);
        assertThat(full - residentKilobytes(status)).isGreaterThan(25_000);
    }

    /// Anonymous memory of the process outside the Java heap cannot be told apart; the heap is quiet in
    /// comparison.
    private static long residentKilobytes(Path status) throws Exception {
        System.gc();
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("RssAnon")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new AssertionError("no RssAnon");
    }
}
