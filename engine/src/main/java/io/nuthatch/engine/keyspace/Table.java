package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;

/// An open-addressing table of 64-bit words, each a 16-bit tag and the 48-bit address of a [Record], behind
/// an entry of 32 bytes that its owner keeps (one per hash slot; one in the record of a large hash):
///
/// ```
/// 0   table: address (48 bits), capacity code (8 bits), EXTERNAL; 0 for no table
/// 8   records
/// 12  records with an expiry
/// 16  sum of those expiries
/// 24  lower bound of those expiries and, in a hash slot, of the fields' expiries; 0 for none
/// ```
/// Linear probing, at most 4/5 full. A record's home is its hash scaled to the capacity, `hash · capacity >>
/// 32`, so it
/// *ascends with the hash*. That makes two things simple. A scan goes through the table by hash, and its
/// cursor means the same in a table of any capacity: what has a hash below it was seen. And while the table
/// has at most 16384 words the tag is the hash's upper half and tells the home by itself: growing and closing
/// gaps read no record.
///
/// Capacities are 2ⁿ and 3·2ⁿ⁻¹, in steps of a third and a half, which wastes less than doubling. Growing
/// rehashes the whole table at once: microseconds for the tables of hash slots. Removal shifts the followers
/// back, so there are no tombstones.
///
/// Threads: callers hold the stripe, but for [#firstGuess] and what it reads.
final class Table {
    static final int ENTRY_BYTES = 32;
    static final int SIZE = 8;
    static final int EXPIRES = 12;
    static final int EXPIRY_SUM = 16;
    static final int NEXT_EXPIRY = 24;

    static final long ADDRESS = (1L << 48) - 1;
    private static final long EXTERNAL = 1L << 63;
    private static final int FIRST_CODE = 2; // 4 words
    private static final int TAG_HOMES = 16384;

    private Table() {}

    static int size(long entry) {
        return Memory.getInt(entry + SIZE);
    }

    static int capacity(long entry) {
        long table = Memory.getLong(entry);
        return table == 0 ? 0 : capacityOf(table);
    }

    /// Address of the first word.
    static long words(long entry) {
        return Memory.getLong(entry) & ADDRESS;
    }

    /// The record with that hash and key, or 0.
    static long find(long entry, int hash, long keyAddress, int keyLength) {
        long table = Memory.getLong(entry);
        if (table == 0) {
            return 0;
        }
        long words = table & ADDRESS;
        int capacity = capacityOf(table);
        int tag = tag(hash, capacity);
        int i = home(hash, capacity);
        while (true) {
            long word = Memory.getLong(words + ((long) i << 3));
            if (word == 0) {
                return 0;
            }
            if ((int) (word >>> 48) == tag) {
                long record = word & ADDRESS;
                if (Record.hash(record) == hash && Record.keyEquals(record, keyAddress, keyLength)) {
                    return record;
                }
            }
            if (++i == capacity) {
                i = 0;
            }
        }
    }

    /// Adds a record that is not there yet.
    static void insert(Records records, int shard, long entry, int hash, long record) {
        int size = size(entry) + 1;
        long table = Memory.getLong(entry);
        if (table == 0 || size * 5L > capacityOf(table) * 4L) {
            table = resize(records, shard, entry, table == 0 ? FIRST_CODE : codeOf(table) + 1);
        }
        place(table & ADDRESS, capacityOf(table), hash, record);
        Memory.putInt(entry + SIZE, size);
    }

    /// Puts `replacement`, which has the same key, where `record` is.
    static void replace(long entry, int hash, long record, long replacement) {
        long table = Memory.getLong(entry);
        int capacity = capacityOf(table);
        long word = (table & ADDRESS) + ((long) indexOf(table, hash, record) << 3);
        Memory.putLong(word, (long) tag(hash, capacity) << 48 | replacement);
    }

    /// Takes the record out, without freeing it.
    static void remove(Records records, int shard, long entry, int hash, long record) {
        long table = Memory.getLong(entry);
        long words = table & ADDRESS;
        int capacity = capacityOf(table);
        int gap = indexOf(table, hash, record);
        int i = gap;
        while (true) {
            if (++i == capacity) {
                i = 0;
            }
            long word = Memory.getLong(words + ((long) i << 3));
            if (word == 0) {
                break;
            }
            int home = homeOf(word, capacity);
            // It may move into the gap unless its home lies behind the gap, seen cyclically.
            boolean stays = gap < i ? home > gap && home <= i : home > gap || home <= i;
            if (!stays) {
                Memory.putLong(words + ((long) gap << 3), word);
                gap = i;
            }
        }
        Memory.putLong(words + ((long) gap << 3), 0);
        int size = size(entry) - 1;
        Memory.putInt(entry + SIZE, size);
        if (size == 0) {
            freeWords(records, table);
            Memory.putLong(entry, 0);
        } else if (size * 4L < capacity && codeOf(table) > FIRST_CODE) {
            int code = codeOf(table);
            while (code > FIRST_CODE && size * 2L <= capacityOfCode(code - 1)) {
                code--;
            }
            resize(records, shard, entry, code);
        }
    }

    /// Moves records and words out of sparse pages; returns how many records moved.
    static int defragment(Records records, int shard, long entry) {
        long table = Memory.getLong(entry);
        if (table == 0) {
            return 0;
        }
        int capacity = capacityOf(table);
        if (records.isSparse(table & ADDRESS, capacity * 8L)) {
            table = resize(records, shard, entry, codeOf(table));
        }
        int moved = 0;
        for (long word = table & ADDRESS, end = word + capacity * 8L; word < end; word += 8) {
            long value = Memory.getLong(word);
            if (value != 0) {
                long record = value & ADDRESS;
                long fresh = records.defragment(record);
                if (fresh != record) {
                    Memory.putLong(word, value & ~ADDRESS | fresh);
                    moved++;
                }
                if (Record.isHash(fresh) && Record.has(fresh, Record.TABLE)) {
                    moved += defragment(records, shard, Record.valueAddress(fresh));
                }
            }
        }
        return moved;
    }

    /// Frees the words; the records are the caller's affair.
    static void free(Records records, long entry) {
        long table = Memory.getLong(entry);
        if (table != 0) {
            freeWords(records, table);
            Memory.putLong(entry, 0);
        }
        Memory.putInt(entry + SIZE, 0);
        Memory.putInt(entry + EXPIRES, 0);
        Memory.putLong(entry + EXPIRY_SUM, 0);
        Memory.putLong(entry + NEXT_EXPIRY, 0);
    }

    /// Bytes of the words.
    static long bytes(long entry) {
        return capacity(entry) * 8L;
    }

    /// Address of the word at the home of `hash`, or 0 where it must not be followed without a lock: read by
    /// the touch pass, which may see a table that is being replaced. Tables in slabs stay readable; others
    /// are skipped.
    static long firstGuess(long entry, int hash) {
        long table = Memory.getLong(entry);
        if (table <= 0) { // None, or EXTERNAL.
            return 0;
        }
        return (table & ADDRESS) + ((long) home(hash, capacityOf(table)) << 3);
    }

    /// Tag of `hash` in tables of the usual size.
    static int smallTag(int hash) {
        return hash >>> 16;
    }

    /// Visits the records whose hash is at least `from` (unsigned 32 bits), by ascending home, until at least
    /// `count` were seen and a home is complete. Returns the hash to go on from, or -1 when the table is
    /// through.
    ///
    /// The visitor must not change the table, nor free a record.
    static long scan(long entry, long from, int count, AddressVisitor visitor) {
        long table = Memory.getLong(entry);
        if (table == 0) {
            return -1;
        }
        long words = table & ADDRESS;
        int capacity = capacityOf(table);
        int first = home((int) from, capacity);
        int last = capacity - 1; // The last home that this call covers; shrinks once enough were seen.
        int seen = 0;
        boolean enough = false;
        // A record lies at its home or, cyclically, behind it before the next gap; there is always a gap.
        boolean isWrapped = false;
        for (int i = first; ; ) {
            long word = Memory.getLong(words + ((long) i << 3));
            if (!enough && !isWrapped && seen >= count) {
                last = Math.max(first, i - 1); // Complete once the followers of that home are seen.
                enough = true;
            }
            if (word == 0) {
                if (enough || isWrapped) {
                    break;
                }
            } else {
                long record = word & ADDRESS;
                int home = homeOf(word, capacity);
                // What lies before its home came around the end, and is seen on that way.
                if (home >= first
                        && home <= last
                        && home > i == isWrapped
                        && (Record.hash(record) & 0xffffffffL) >= from) {
                    visitor.visit(record);
                    seen++;
                }
            }
            if (++i == capacity) {
                i = 0;
                isWrapped = true;
            }
        }
        return last == capacity - 1 ? -1 : firstHashOf(last + 1, capacity);
    }

    /// Visits every record once, in no useful order; reads none, so the visitor may free it. (A [#scan] looks
    /// at a record's hash again when it comes around the end.)
    static void forEach(long entry, AddressVisitor visitor) {
        long table = Memory.getLong(entry);
        if (table == 0) {
            return;
        }
        for (long word = table & ADDRESS, end = word + capacityOf(table) * 8L; word < end; word += 8) {
            long value = Memory.getLong(word);
            if (value != 0) {
                visitor.visit(value & ADDRESS);
            }
        }
    }

    /// Visits the records whose hash has the upper half `tag`. The visitor must not change the table.
    static void scanTag(long entry, int tag, AddressVisitor visitor) {
        long table = Memory.getLong(entry);
        if (table == 0) {
            return;
        }
        long words = table & ADDRESS;
        int capacity = capacityOf(table);
        int i = home(tag << 16, capacity);
        int homes = home(tag << 16 | 0xffff, capacity) - i;
        for (int step = 0; step < capacity; step++) {
            long word = Memory.getLong(words + ((long) i << 3));
            if (word == 0) {
                if (step >= homes) {
                    return;
                }
            } else if (Record.hash(word & ADDRESS) >>> 16 == tag) {
                visitor.visit(word & ADDRESS);
            }
            if (++i == capacity) {
                i = 0;
            }
        }
    }

    /// Sees the address of a record.
    interface AddressVisitor {
        void visit(long record);
    }

    private static long resize(Records records, int shard, long entry, int code) {
        long old = Memory.getLong(entry);
        int capacity = capacityOfCode(code);
        long bytes = capacity * 8L;
        long words = records.allocateWords(shard, bytes);
        boolean external = bytes > Slabs.MAX_BLOCK;
        if (!external) {
            Memory.fill(words, bytes, (byte) 0); // Blocks of their own come zeroed.
        }
        if (old != 0) {
            long oldWords = old & ADDRESS;
            int oldCapacity = capacityOf(old);
            boolean tagTellsHash = oldCapacity <= TAG_HOMES && capacity <= TAG_HOMES;
            for (int i = 0; i < oldCapacity; i++) {
                long word = Memory.getLong(oldWords + ((long) i << 3));
                if (word != 0) {
                    long record = word & ADDRESS;
                    int hash = tagTellsHash ? (int) (word >>> 48) << 16 : Record.hash(record);
                    place(words, capacity, hash, record);
                }
            }
        }
        long table = words | (long) code << 48 | (external ? EXTERNAL : 0);
        if ((entry & 7) == 0) {
            Memory.putLongRelease(entry, table); // For firstGuess: it finds the words zeroed or filled.
        } else {
            Memory.putLong(entry, table); // In the record of a large hash: nobody looks without the stripe.
        }
        if (old != 0) {
            freeWords(records, old);
        }
        return table;
    }

    private static void freeWords(Records records, long table) {
        records.freeWords(table & ADDRESS, capacityOf(table) * 8L);
    }

    private static void place(long words, int capacity, int hash, long record) {
        int i = home(hash, capacity);
        while (Memory.getLong(words + ((long) i << 3)) != 0) {
            if (++i == capacity) {
                i = 0;
            }
        }
        Memory.putLong(words + ((long) i << 3), (long) tag(hash, capacity) << 48 | record);
    }

    private static int indexOf(long table, int hash, long record) {
        long words = table & ADDRESS;
        int capacity = capacityOf(table);
        long wanted = (long) tag(hash, capacity) << 48 | record;
        int i = home(hash, capacity);
        while (true) {
            long word = Memory.getLong(words + ((long) i << 3));
            if (word == wanted) {
                return i;
            }
            assert word != 0 : "a record is not in its table";
            if (++i == capacity) {
                i = 0;
            }
        }
    }

    static int homeOf(long word, int capacity) {
        return capacity <= TAG_HOMES
                ? (int) (word >>> 48) * capacity >>> 16
                : home(Record.hash(word & ADDRESS), capacity);
    }

    private static int home(int hash, int capacity) {
        return capacity <= TAG_HOMES ? (hash >>> 16) * capacity >>> 16 : (int) ((hash & 0xffffffffL) * capacity >>> 32);
    }

    /// The smallest hash whose home is `home`.
    private static long firstHashOf(int home, int capacity) {
        return capacity <= TAG_HOMES
                ? (((long) home << 16) + capacity - 1) / capacity << 16
                : (((long) home << 32) + capacity - 1) / capacity;
    }

    private static int tag(int hash, int capacity) {
        return capacity <= TAG_HOMES ? hash >>> 16 : hash & 0xffff;
    }

    private static int codeOf(long table) {
        return (int) (table >>> 48) & 0x7f;
    }

    private static int capacityOf(long table) {
        return capacityOfCode(codeOf(table));
    }

    private static int capacityOfCode(int code) {
        return (2 + (code & 1)) << (code >>> 1);
    }
}
