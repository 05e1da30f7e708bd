package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.image.ImageWriter;
import io.nuthatch.engine.image.MalformedImageException;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import org.jspecify.annotations.Nullable;

/// Puts a large value together that comes in pieces; one at a time. One thread.
final class LargeImport implements AutoCloseable {
    private static final int ROOM = 1 << 20;

    private final KeyspaceImport target;
    private final MemoryAccount.Counter counter;
    private final KeyspaceImport.Header header = new KeyspaceImport.Header();
    private final ImageWriter value;
    private long keyCopy; // The header's key outlives the items it came in.
    private long keyCopyBytes;
    private int begun; // LARGE_STRING or LARGE_HASH; 0 for neither.
    private boolean isKept;
    private boolean isFieldBegun;
    private byte[] fieldName = {};
    private long fieldExpireAt;
    private boolean isHashThere;

    LargeImport(KeyspaceImport target, MemoryAccount.Counter counter) {
        this.target = target;
        this.counter = counter;
        this.value = new ImageWriter(ROOM, counter);
    }

    void item(int item, Database database, ImageReader items) {
        int stripe = -1;
        if (begun != 0) {
            stripe = target.keyspace().stripes().stripeOf(header.key.hashSlot());
            target.keyspace().stripes().lock(stripe);
        }
        try {
            switch (item) {
                case KeyImage.LARGE_STRING, KeyImage.LARGE_HASH -> begin(item, items);
                case KeyImage.FIELDS -> {
                    expect(begun == KeyImage.LARGE_HASH && !isFieldBegun, items);
                    target.fields(items, open(database));
                }
                case KeyImage.LARGE_FIELD -> {
                    expect(begun == KeyImage.LARGE_HASH && !isFieldBegun, items);
                    int flags = items.getByte();
                    fieldExpireAt = (flags & KeyImage.EXPIRES) != 0 ? items.getLong() : 0;
                    int length = items.getCount(KeyspaceImport.MAX_BYTES);
                    fieldName = Memory.toBytes(items.take(length), length);
                    isFieldBegun = true;
                }
                case KeyImage.PIECE -> {
                    expect(begun == KeyImage.LARGE_STRING || isFieldBegun, items);
                    int length = items.getCount(KeyspaceImport.MAX_BYTES);
                    value.putBytes(items.take(length), length);
                    expect(value.size() <= KeyspaceImport.MAX_BYTES, items);
                }
                case KeyImage.END -> end(database, items);
                case KeyImage.VOID -> {
                    expect(begun != 0, items);
                    if (isHashThere) {
                        database.remove(header.key);
                    }
                    forget();
                }
                default -> throw items.malformed("an item of kind " + item);
            }
        } finally {
            if (stripe >= 0) {
                target.keyspace().stripes().unlock(stripe);
            }
        }
    }

    private static void expect(boolean holds, ImageReader items) {
        if (!holds) {
            throw items.malformed("a part of a large value out of its place");
        }
    }

    private void begin(int item, ImageReader items) {
        expect(begun == 0, items);
        header.read(items);
        int length = header.key.length();
        keyCopyBytes = Math.max(1, length);
        keyCopy = OffHeap.allocate(keyCopyBytes, counter);
        Memory.copy(header.key.address(), keyCopy, length);
        header.key.set(keyCopy, length);
        isKept = !target.hasExpired(header.expireAt);
        begun = item;
    }

    /// The hash that is coming, looked up anew: records move while the stripe is free. Null when it is not
    /// kept.
    private @Nullable HashValue open(Database database) {
        if (!isKept) {
            return null;
        }
        if (isHashThere) {
            return database.hashForWrite(header.key, KeyspaceImport.NEVER);
        }
        isHashThere = true;
        return target.newHash(database, header.key, new HashValue(database, header.key, 0));
    }

    private void end(Database database, ImageReader items) {
        if (isFieldBegun) {
            HashValue into = open(database);
            if (into != null && !target.hasExpired(fieldExpireAt)) {
                long name = OffHeap.allocate(Math.max(1, fieldName.length), counter);
                Memory.copyIn(fieldName, 0, name, fieldName.length);
                into.restore(name, fieldName.length, value.address(), (int) value.size(), false, fieldExpireAt);
                OffHeap.free(name, Math.max(1, fieldName.length), counter);
            }
            value.clear(ROOM);
            isFieldBegun = false;
            return;
        }
        expect(begun != 0, items);
        if (begun == KeyImage.LARGE_STRING) {
            if (isKept) {
                target.putString(database, header, value.address(), (int) value.size());
            }
        } else {
            HashValue done = open(database);
            if (done != null) {
                target.finishHash(database, header, done);
            }
            target.documents().read(items, done == null ? null : header.key, done);
        }
        target.count(isKept);
        forget();
    }

    private void forget() {
        begun = 0;
        isFieldBegun = false;
        isHashThere = false;
        value.clear(ROOM);
        OffHeap.free(keyCopy, keyCopyBytes, counter);
        keyCopy = 0;
    }

    /// Throws when a value did not come to its end.
    void finish() {
        if (begun != 0) {
            throw new MalformedImageException("a large value without its end");
        }
    }

    @Override
    public void close() {
        if (keyCopy != 0) {
            OffHeap.free(keyCopy, keyCopyBytes, counter);
            keyCopy = 0;
        }
        value.close();
    }
}
