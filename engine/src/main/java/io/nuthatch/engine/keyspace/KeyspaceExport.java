package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.image.ImageWriter;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Writes the keys of all databases as an image, hash slot by hash slot, while the server goes on.
///
/// A slot's stripe is held for some 32 keys at a time, so a key is what it was at one moment. A value above
/// [#LARGE_BYTES], or a hash with a table of fields, is copied in pieces; when it was written to meanwhile,
/// that is begun again, and the third time it is copied in one hold.
///
/// With a log, a whole slot is as of one LSN: the log tells which of its keys were changed since the slot was
/// begun; those are written again, in rounds which become shorter, and the last of them in the hold in which
/// the LSN is taken. So the log is to be replayed from exactly there, and whether an effect may be applied
/// twice is no question. (Replaying over what is newer than the record goes wrong: a hash whose last field is
/// removed once more loses its expiry.)
///
/// An image has two parts, which [Sink] tells apart: the small keys, whose items may be read by several
/// threads in any order, and the rest, to be read afterwards and in order.
///
/// Threads: one exports and holds no stripe, or all; [#onEvent] must be given every event of the keyspace
/// meanwhile.
public final class KeyspaceExport implements AutoCloseable {
    /// Where items go.
    public interface Sink {
        /// Takes items of small keys; they begin with a RUN.
        void small(ImageWriter items) throws IOException;

        /// Takes items of the other part.
        void rest(ImageWriter items) throws IOException;
    }

    static final int LARGE_BYTES = 32 << 10;
    private static final int KEYS_A_HOLD = 32;
    private static final int FIELDS_A_HOLD = 64;
    private static final int PIECE_BYTES = 256 << 10;
    private static final int FLUSH_BYTES = 1 << 20;
    private static final int TRIES = 2;
    private static final int ROUNDS = 8; // Each is shorter than the one before by as much as copying is faster.
    private static final long NEVER = 0; // As "now": nothing has expired yet.

    private final Keyspace keyspace;
    private final Stripes stripes;
    private final DocumentImages.Source documents;
    private final LongSupplier lsn;
    private final Sink sink;
    private final ImageWriter small;
    private final ImageWriter rest;
    private final @Nullable EffectLog log;
    private final ExportWatch watch;
    private final List<byte[]> largeKeys = new ArrayList<>();
    private final List<byte[]> largeFields = new ArrayList<>();
    private final Slice slice = new Slice();
    private long keys;

    /// `lsn` gives the log's present position; asked under a stripe.
    public KeyspaceExport(
            Keyspace keyspace,
            DocumentImages.Source documents,
            LongSupplier lsn,
            Sink sink,
            MemoryAccount.Counter counter) {
        this.keyspace = keyspace;
        this.stripes = keyspace.stripes();
        this.documents = documents;
        this.lsn = lsn;
        this.sink = sink;
        this.small = new ImageWriter(FLUSH_BYTES + (FLUSH_BYTES >> 1), counter);
        this.rest = new ImageWriter(FLUSH_BYTES, counter);
        boolean entered = stripes.enter(0);
        this.log = keyspace.effects();
        stripes.leave(0, entered);
        this.watch = new ExportWatch(log != null);
        if (log != null) {
            log.setWatch(watch::onChange);
        }
    }

    /// To be called for each event of the keyspace's listener while the export is under way.
    public void onEvent(Database database, Key key, KeyEvent event) {
        watch.onEvent(database, key, event);
    }

    /// Keys written so far.
    public long keys() {
        return keys;
    }

    /// Leaves one hash slot of all databases where an older image has it, if no key of it has changed since;
    /// in place of [#slot]. Returns the LSN that it is of, 0 without a log; -1 when it has to be written.
    public long keep(int slot) {
        watch.reach(slot);
        boolean entered = stripes.enter(slot);
        try {
            watch.leaveSlot();
            if (keyspace.changedSlots().isMarked(slot)) {
                return -1;
            }
            for (int d = 0; d < keyspace.databases(); d++) {
                keys += keyspace.database(d).size(slot);
            }
            return log == null ? 0 : lsn.getAsLong();
        } finally {
            stripes.leave(slot, entered);
        }
    }

    /// Writes one hash slot of all databases; slots come in ascending order. Returns the LSN that it is of, 0
    /// without a log.
    public long slot(int slot) throws IOException {
        watch.reach(slot);
        keyspace.changedSlots().clear(slot); // Before its stripe is taken.
        for (int d = 0; d < keyspace.databases(); d++) {
            Database database = keyspace.database(d);
            long cursor = 0;
            while (cursor >= 0) {
                boolean entered = stripes.enter(slot);
                try {
                    cursor = database.size(slot) == 0 ? -1 : some(database, slot, cursor);
                } finally {
                    stripes.leave(slot, entered);
                }
                if (small.size() >= FLUSH_BYTES) {
                    flushSmall();
                }
            }
            for (byte[] key : largeKeys) {
                large(database, key);
            }
            largeKeys.clear();
        }
        return log == null ? 0 : settle(slot);
    }

    /// Whether there is a key in that slot at this moment.
    public boolean hasKeys(int slot) {
        for (int d = 0; d < keyspace.databases(); d++) {
            if (keyspace.database(d).size(slot) > 0) {
                return true;
            }
        }
        return false;
    }

    /// Writes again what was changed meanwhile, until the whole slot is of the LSN that is returned.
    private long settle(int slot) throws IOException {
        List<ExportWatch.Again> changed = List.of();
        for (int round = 0; ; round++) {
            for (ExportWatch.Again each : changed) {
                boolean entered = stripes.enter(slot);
                try {
                    again(each, slot);
                } finally {
                    stripes.leave(slot, entered);
                }
                flushRest(FLUSH_BYTES);
            }
            boolean entered = stripes.enter(slot);
            try {
                changed = watch.takeChanged();
                if (changed.size() <= KEYS_A_HOLD || round == ROUNDS) {
                    for (ExportWatch.Again each : changed) {
                        again(each, slot);
                    }
                    watch.leaveSlot();
                    return lsn.getAsLong();
                }
            } finally {
                stripes.leave(slot, entered);
            }
        }
    }

    /// The key as it is now; under its stripe.
    private void again(ExportWatch.Again key, int slot) {
        Database database = keyspace.database(key.database());
        try (Arena arena = Arena.ofConfined()) {
            Key copy = Key.copyOf(key.key(), arena);
            long record = database.peek(copy, NEVER);
            putRun(rest, slot, database);
            if (record != 0) {
                whole(rest, database, slot, record);
            } else {
                rest.putByte(KeyImage.GONE);
                rest.putByte(0);
                rest.putInt(copy.length());
                rest.putBytes(copy.address(), copy.length());
            }
        }
    }

    /// Writes what came late, and what is left to hand to the sink. Call it once, behind the last slot.
    public void finish() throws IOException {
        flushSmall();
        for (ExportWatch.Again moved = watch.poll(); moved != null; moved = watch.poll()) {
            large(keyspace.database(moved.database()), moved.key());
        }
        flushRest(0);
    }

    private long some(Database database, int slot, long cursor) {
        putRun(small, slot, database);
        return Table.scan(database.entry(slot), cursor, KEYS_A_HOLD, record -> {
            if (isLarge(record)) {
                largeKeys.add(Memory.toBytes(Record.keyAddress(record), Record.keyLength(record)));
            } else {
                whole(small, database, slot, record);
            }
        });
    }

    private static boolean isLarge(long record) {
        return Record.isHash(record) && Record.has(record, Record.TABLE) || Record.valueLength(record) > LARGE_BYTES;
    }

    private void flushSmall() throws IOException {
        if (small.size() > 0) {
            sink.small(small);
            small.clear(Long.MAX_VALUE);
        }
    }

    private void flushRest(long atLeast) throws IOException {
        if (rest.size() > atLeast) {
            sink.rest(rest);
            rest.clear(2L * FLUSH_BYTES);
        }
    }

    private static void putRun(ImageWriter out, int slot, Database database) {
        out.putByte(KeyImage.RUN);
        out.putShort(slot);
        out.putShort(database.index());
    }

    private static void putHeader(ImageWriter out, int item, long record) {
        int meta = Record.meta(record);
        long at = Record.expireAt(record);
        int flags = at != 0 ? KeyImage.EXPIRES : 0;
        if (Record.isHash(record)) {
            flags |= (meta & Record.LARGE) != 0 ? KeyImage.LARGE_ENCODING : 0;
            flags |= (meta & Record.FIELD_EXPIRY) != 0 ? KeyImage.FIELD_EXPIRY : 0;
        } else {
            flags |= (meta & Record.RAW) != 0 ? KeyImage.RAW : 0;
        }
        out.putByte(item);
        out.putByte(flags);
        if (at != 0) {
            out.putLong(at);
        }
        out.putInt(Record.keyLength(record));
        out.putBytes(Record.keyAddress(record), Record.keyLength(record));
    }

    /// The record in one go; under its stripe.
    private void whole(ImageWriter out, Database database, int slot, long record) {
        keys++;
        if (!Record.isHash(record)) {
            putHeader(out, KeyImage.STRING, record);
            out.putInt(Record.valueLength(record));
            out.putBytes(Record.valueAddress(record), Record.valueLength(record));
            return;
        }
        putHeader(out, KeyImage.HASH, record);
        HashValue hash = new HashValue(database, Key.of(slot, record), record);
        out.putInt(hash.size());
        hash.scanStored(0, Integer.MAX_VALUE, (field, fieldLength, value, length, isRow, at) -> {
            putField(out, field, fieldLength, value, length, isRow, at);
        });
        documents.write(Record.document(record), out);
    }

    private void putField(
            ImageWriter out, long field, int fieldLength, long value, int length, boolean isRow, long expireAt) {
        int number = isRow ? documents.rowsNumber(Memory.getInt(value)) : -1;
        out.putByte((expireAt != 0 ? KeyImage.EXPIRES : 0) | (number >= 0 ? KeyImage.ROW : 0));
        if (expireAt != 0) {
            out.putLong(expireAt);
        }
        out.putInt(fieldLength);
        out.putBytes(field, fieldLength);
        if (number >= 0) {
            out.putInt(number);
            out.putInt(Memory.getInt(value + 4));
        } else if (isRow) {
            int bytes = keyspace.rowBytes(Memory.getInt(value));
            out.putInt(bytes);
            out.putBytes(keyspace.rowAddress(Memory.getInt(value), Memory.getInt(value + 4)), bytes);
        } else {
            out.putInt(length);
            out.putBytes(value, length);
        }
    }

    // ---- Large values

    private void large(Database database, byte[] bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Key key = Key.copyOf(bytes, arena);
            for (int tries = 0; tries < TRIES; tries++) {
                if (inPieces(database, key)) {
                    return;
                }
                rest.putByte(KeyImage.VOID);
            }
            boolean entered = stripes.enter(key.hashSlot());
            try {
                long record = database.peek(key, NEVER);
                if (record != 0) {
                    putRun(rest, key.hashSlot(), database);
                    whole(rest, database, key.hashSlot(), record);
                }
            } finally {
                stripes.leave(key.hashSlot(), entered);
            }
        } finally {
            watch.unwatch();
        }
        flushRest(FLUSH_BYTES);
    }

    /// One step of a large value, under the key's stripe.
    private interface Step {
        void run(long record);
    }

    /// Runs `step` while the value is still what it was; false when it is not.
    private boolean step(Database database, Key key, Step step) throws IOException {
        boolean entered = stripes.enter(key.hashSlot());
        try {
            if (watch.isChanged()) {
                return false;
            }
            step.run(database.peek(key, NEVER));
        } finally {
            stripes.leave(key.hashSlot(), entered);
        }
        flushRest(FLUSH_BYTES);
        return true;
    }

    /// Returns false when the value was changed before its end came, and what was written is void.
    private boolean inPieces(Database database, Key key) throws IOException {
        boolean isHash;
        int length;
        boolean entered = stripes.enter(key.hashSlot());
        try {
            long record = database.peek(key, NEVER);
            if (record == 0) {
                return true;
            }
            watch.watch(database, key);
            putRun(rest, key.hashSlot(), database);
            if (!isLarge(record)) {
                whole(rest, database, key.hashSlot(), record);
                return true;
            }
            isHash = Record.isHash(record);
            length = Record.valueLength(record);
            putHeader(rest, isHash ? KeyImage.LARGE_HASH : KeyImage.LARGE_STRING, record);
        } finally {
            stripes.leave(key.hashSlot(), entered);
        }
        boolean isWhole = isHash ? fields(database, key) : pieces(database, key, length, Record::valueAddress);
        if (isWhole) {
            keys++;
        }
        return isWhole;
    }

    /// Where the bytes of a value are now.
    private interface ValueAddress {
        long of(long record);
    }

    private boolean pieces(Database database, Key key, int length, ValueAddress address) throws IOException {
        for (int from = 0; from < length; from += PIECE_BYTES) {
            int offset = from;
            int bytes = Math.min(PIECE_BYTES, length - from);
            boolean done = step(database, key, record -> {
                rest.putByte(KeyImage.PIECE);
                rest.putInt(bytes);
                rest.putBytes(address.of(record) + offset, bytes);
            });
            if (!done) {
                return false;
            }
        }
        return step(database, key, record -> rest.putByte(KeyImage.END));
    }

    private boolean fields(Database database, Key key) throws IOException {
        largeFields.clear();
        for (long[] cursor = {0}; cursor[0] >= 0; ) {
            if (!step(database, key, record -> cursor[0] = someFields(database, key, record, cursor[0]))) {
                return false;
            }
        }
        for (byte[] name : largeFields) {
            if (!largeField(database, key, name)) {
                return false;
            }
        }
        return step(database, key, record -> {
            rest.putByte(KeyImage.END);
            documents.write(Record.document(record), rest);
        });
    }

    private long someFields(Database database, Key key, long record, long cursor) {
        rest.putByte(KeyImage.FIELDS);
        long countAt = rest.size();
        rest.putInt(0);
        int[] count = {0};
        long next = new HashValue(database, key, record)
                .scanStored(cursor, FIELDS_A_HOLD, (field, fieldLength, value, length, isRow, at) -> {
                    if (!isRow && length > LARGE_BYTES) {
                        largeFields.add(Memory.toBytes(field, fieldLength));
                    } else {
                        putField(rest, field, fieldLength, value, length, isRow, at);
                        count[0]++;
                    }
                });
        rest.setInt(countAt, count[0]);
        return next;
    }

    private boolean largeField(Database database, Key key, byte[] name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Key field = Key.copyOf(name, arena);
            int[] length = {0};
            boolean done = step(database, key, record -> {
                HashValue hash = new HashValue(database, key, record);
                hash.get(field.address(), field.length(), slice);
                length[0] = slice.length;
                long at = hash.expireAt(field.address(), field.length());
                rest.putByte(KeyImage.LARGE_FIELD);
                rest.putByte(at != 0 ? KeyImage.EXPIRES : 0);
                if (at != 0) {
                    rest.putLong(at);
                }
                rest.putInt(field.length());
                rest.putBytes(field.address(), field.length());
            });
            return done
                    && pieces(database, key, length[0], record -> {
                        new HashValue(database, key, record).get(field.address(), field.length(), slice);
                        return slice.address;
                    });
        }
    }

    @Override
    public void close() {
        if (log != null) {
            log.setWatch(null);
        }
        small.close();
        rest.close();
    }
}
