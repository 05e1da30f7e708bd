package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.memory.MemoryAccount;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Puts the keys of an image that [KeyspaceExport] wrote back into a keyspace. Keys and fields that had
/// expired are left out. It is no write: nobody is to listen to the keyspace meanwhile.
///
/// Threads: [#small] by any number of threads, each with items of its own; [#rest] by one, after them.
public final class KeyspaceImport implements AutoCloseable {
    static final int MAX_BYTES = Integer.MAX_VALUE - 64;
    static final long NEVER = 0; // As "now": nothing has expired yet.

    private final Keyspace keyspace;
    private final DocumentImages.Target documents;
    private final long nowMillis;
    private final LargeImport large;
    private final LongAdder keys = new LongAdder();
    private final LongAdder expired = new LongAdder();
    private final KeyPass restPass;
    private int restDatabase;
    private boolean isRestWanted = true;

    /// `nowMillis` decides what has expired; scratch memory is counted in `counter`.
    public KeyspaceImport(
            Keyspace keyspace, DocumentImages.Target documents, long nowMillis, MemoryAccount.Counter counter) {
        this.keyspace = keyspace;
        this.documents = documents;
        this.nowMillis = nowMillis;
        this.large = new LargeImport(this, counter);
        this.restPass = new KeyPass(documents);
    }

    /// Keys put so far.
    public long keys() {
        return keys.sum();
    }

    /// Keys left out so far, as they had expired.
    public long expiredKeys() {
        return expired.sum();
    }

    /// Reads items of small keys to their end, those of `wantedSlots`.
    public void small(ImageReader items, IntPredicate wantedSlots) {
        if (!items.hasMore() || items.getByte() != KeyImage.RUN) {
            throw items.malformed("no run of keys");
        }
        boolean isWanted = wantedSlots.test(slot(items));
        Database database = database(items);
        KeyPass pass = new KeyPass(documents);
        DocumentImages.Batch batch = documents.batch();
        Header header = new Header();
        HashValue hash = new HashValue(database, header.key, 0);
        while (items.hasMore()) {
            int item = items.getByte();
            if (item == KeyImage.RUN) {
                isWanted = wantedSlots.test(slot(items));
                database = database(items);
            } else if (!isWanted) {
                pass.item(item, items);
            } else {
                key(item, database, header, hash, batch::read, items);
            }
        }
        batch.end();
    }

    /// Reads items of the other part to their end, those of `wantedSlots`; what began in the last call may go
    /// on in this one.
    public void rest(ImageReader items, IntPredicate wantedSlots) {
        while (items.hasMore()) {
            int item = items.getByte();
            if (item == KeyImage.RUN) {
                isRestWanted = wantedSlots.test(slot(items));
                restDatabase = database(items).index();
                continue;
            }
            if (!isRestWanted) {
                restPass.item(item, items);
                continue;
            }
            switch (item) {
                case KeyImage.STRING, KeyImage.HASH -> {
                    Database database = keyspace.database(restDatabase);
                    Header header = new Header();
                    key(item, database, header, new HashValue(database, header.key, 0), documents::read, items);
                }
                case KeyImage.GONE -> gone(keyspace.database(restDatabase), items);
                default -> large.item(item, keyspace.database(restDatabase), items);
            }
        }
    }

    /// Throws when a large value began and did not end.
    public void finish() {
        large.finish();
    }

    private static int slot(ImageReader items) {
        int slot = items.getShort();
        if (slot >= HashSlot.COUNT) {
            throw items.malformed("hash slot " + slot);
        }
        return slot;
    }

    private Database database(ImageReader items) {
        int database = items.getShort();
        if (database >= keyspace.databases()) {
            throw items.malformed("keys of database " + database + ", and there are " + keyspace.databases()
                    + ": start with at least as many \"databases\" as when it was saved");
        }
        return keyspace.database(database);
    }

    /// What stands before every value.
    static final class Header {
        final Key key = new Key();
        int flags;
        long expireAt;

        void read(ImageReader from) {
            flags = from.getByte();
            expireAt = (flags & KeyImage.EXPIRES) != 0 ? from.getLong() : 0;
            int length = from.getCount(MAX_BYTES);
            key.set(from.take(length), length);
        }
    }

    boolean hasExpired(long expireAt) {
        return expireAt != 0 && expireAt <= nowMillis;
    }

    /// What is said of a hash as a document goes there.
    private interface ToDocuments {
        void read(ImageReader from, @Nullable Key key, @Nullable HashValue hash);
    }

    /// `header` and `reused` are scratch.
    private void key(
            int item, Database database, Header header, HashValue reused, ToDocuments toDocuments, ImageReader items) {
        header.read(items);
        boolean isKept = !hasExpired(header.expireAt);
        int stripe = keyspace.stripes().stripeOf(header.key.hashSlot());
        keyspace.stripes().lock(stripe);
        try {
            if (item == KeyImage.STRING) {
                int length = items.getCount(MAX_BYTES);
                long value = items.take(length);
                if (isKept) {
                    putString(database, header, value, length);
                }
            } else if (item == KeyImage.HASH) {
                HashValue hash = isKept ? newHash(database, header.key, reused) : null;
                fields(items, hash);
                if (hash != null) {
                    finishHash(database, header, hash);
                }
                toDocuments.read(items, isKept ? header.key : null, hash);
            } else {
                throw items.malformed("an item of kind " + item);
            }
        } finally {
            keyspace.stripes().unlock(stripe);
        }
        count(isKept);
    }

    private void gone(Database database, ImageReader items) {
        Header header = new Header();
        header.read(items);
        int stripe = keyspace.stripes().stripeOf(header.key.hashSlot());
        keyspace.stripes().lock(stripe);
        try {
            database.remove(header.key);
        } finally {
            keyspace.stripes().unlock(stripe);
        }
    }

    void count(boolean isKept) {
        (isKept ? keys : expired).increment();
    }

    void putString(Database database, Header header, long value, int length) {
        long record = database.putString(header.key, value, length, header.expireAt);
        if ((header.flags & KeyImage.RAW) != 0) {
            Record.setFlags(record, Record.RAW);
        }
    }

    /// An empty hash in place of whatever is at `key`: `reused`, which then stands for that one.
    HashValue newHash(Database database, Key key, HashValue reused) {
        database.remove(key);
        return reused.set(database, key, 0);
    }

    /// Expiry and encoding of a hash whose fields are all there.
    void finishHash(Database database, Header header, HashValue hash) {
        long record = hash.record();
        if (record != 0) {
            database.setExpireAt(header.key, record, header.expireAt);
            int flags = (header.flags & KeyImage.LARGE_ENCODING) != 0 ? Record.LARGE : 0;
            flags |= (header.flags & KeyImage.FIELD_EXPIRY) != 0 ? Record.FIELD_EXPIRY : 0;
            Record.setFlags(record, flags);
        }
    }

    DocumentImages.Target documents() {
        return documents;
    }

    Keyspace keyspace() {
        return keyspace;
    }

    /// Reads fields with their number before them; puts them into `hash` unless it is null.
    void fields(ImageReader items, @Nullable HashValue hash) {
        int count = items.getCount(MAX_BYTES);
        if (hash != null && hash.record() == 0) {
            hash.reserve(count, bytesOfFields(items, count));
        }
        for (int i = 0; i < count; i++) {
            int flags = items.getByte();
            long at = (flags & KeyImage.EXPIRES) != 0 ? items.getLong() : 0;
            int nameLength = items.getCount(MAX_BYTES);
            long name = items.take(nameLength);
            boolean isRow = (flags & KeyImage.ROW) != 0;
            long value;
            int length;
            if (isRow) {
                int number = items.getInt();
                length = items.getInt();
                value = documents.rowsId(number, length, items);
            } else {
                length = items.getCount(MAX_BYTES);
                value = items.take(length);
            }
            if (hash != null && !hasExpired(at)) {
                hash.restore(name, nameLength, value, length, isRow, at);
            }
        }
    }

    /// What `count` fields will take in a packed hash, so that it is made in its size; reads nothing.
    private static long bytesOfFields(ImageReader items, int count) {
        long start = items.offset();
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            int flags = items.getByte();
            int expiry = (flags & KeyImage.EXPIRES) != 0 ? Long.BYTES : 0;
            items.take(expiry);
            int nameLength = items.getCount(MAX_BYTES);
            items.take(nameLength);
            int length = (flags & KeyImage.ROW) != 0 ? 2 * Integer.BYTES : items.getCount(MAX_BYTES);
            items.take(length);
            bytes += expiry + nameLength + length;
        }
        items.back(start);
        return bytes;
    }

    @Override
    public void close() {
        large.close();
    }
}
