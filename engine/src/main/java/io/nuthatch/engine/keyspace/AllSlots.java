package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;
import java.lang.foreign.Arena;

/// What a [Database] does to every hash slot of its directory, one after the other: count, free, let
/// documents go, move records into fuller pages.
///
/// Counts are sums of what the entries say, read without a lock. The rest is called under all stripes, but
/// for [#defragment], which takes them one at a time.
final class AllSlots {
    private final Database database;
    private int defragmentSlot; // Racy: two threads would only do some slots twice.

    AllSlots(Database database) {
        this.database = database;
    }

    /// See [Database#size()].
    long size() {
        long directory = database.directory();
        long sum = 0;
        if (directory != 0) {
            for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                sum += Memory.getInt(directory + ((long) slot << 5) + Table.SIZE);
            }
        }
        return sum;
    }

    /// See [Database#expires].
    long expires() {
        long directory = database.directory();
        long sum = 0;
        if (directory != 0) {
            for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                sum += Memory.getInt(directory + ((long) slot << 5) + Table.EXPIRES);
            }
        }
        return sum;
    }

    /// See [Database#averageTtlMillis].
    long averageTtlMillis(long now) {
        long count = expires();
        if (count == 0) {
            return 0;
        }
        double sum = 0;
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            sum += Memory.getLong(database.entry(slot) + Table.EXPIRY_SUM);
        }
        return Math.max(0, (long) (sum / count - now));
    }

    /// Frees all records and tables; the directory stays, and all its entries are empty.
    void free() {
        Records records = database.records();
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            long entry = database.entry(slot);
            Table.forEach(entry, records::freeWhole);
            Table.free(records, entry);
        }
    }

    /// Makes every document an ordinary hash: fields hold their bytes again, and the index was told.
    void releaseDocuments() {
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            AddressList documents = new AddressList();
            Table.scan(database.entry(slot), 0, Integer.MAX_VALUE, record -> {
                if (Record.document(record) != 0) {
                    documents.visit(record);
                }
            });
            for (int i = 0; i < documents.size; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    Key key = Key.copyOf(documents.addresses[i], arena);
                    long record = database.materialise(key, documents.addresses[i]);
                    database.beforeRemove(key, record);
                    Memory.putLong(record + Record.DOCUMENT, 0);
                }
            }
        }
    }

    /// See [Keyspace#defragment]. Goes on where it stopped; one thread at a time.
    int defragment(int budget) {
        if (database.directory() == 0) {
            return 0;
        }
        Stripes stripes = database.keyspace().stripes();
        Records records = database.records();
        int moved = 0;
        int looked = 0;
        for (int walked = 0; walked < HashSlot.COUNT && looked < budget; walked++) {
            int slot = defragmentSlot;
            defragmentSlot = slot + 1 & HashSlot.COUNT - 1;
            if (Table.size(database.entry(slot)) > 0) {
                boolean entered = stripes.enter(slot);
                try {
                    looked += Table.size(database.entry(slot));
                    moved += Table.defragment(records, records.shardOf(slot), database.entry(slot));
                } finally {
                    stripes.leave(slot, entered);
                }
            }
        }
        return moved;
    }
}
