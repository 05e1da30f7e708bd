package io.nuthatch.engine.effect;

import io.nuthatch.engine.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The effects of one command on their way into a record. One thread's own; its memory goes with the thread.
final class EffectBuffer {
    private static final int FIRST_BYTES = 4 << 10;
    private static final int KEPT_BYTES = 1 << 20;
    private static final int KEY_HEADER = 7;

    private MemorySegment memory = Arena.ofAuto().allocate(FIRST_BYTES, Long.BYTES); // Kept alive by this field.
    private long address = memory.address();
    private int bytes;
    private int key = -1; // Where the KEY of what follows is; -1 for none.
    long lastLsn; // Of the records this thread appended.

    boolean isEmpty() {
        return bytes == 0;
    }

    long address() {
        return address;
    }

    int bytes() {
        return bytes;
    }

    void clear() {
        bytes = 0;
        key = -1;
        if (memory.byteSize() > KEPT_BYTES) {
            memory = Arena.ofAuto().allocate(FIRST_BYTES, Long.BYTES);
            address = memory.address();
        }
    }

    /// Says which key the next effects are about, unless the last ones were about the same.
    void about(int database, long keyAddress, int keyLength) {
        if (key >= 0
                && Memory.getShort(address + key + 1) == (short) database
                && Memory.getInt(address + key + 3) == keyLength
                && Memory.equal(address + key + KEY_HEADER, keyAddress, keyLength)) {
            return;
        }
        int at = bytes;
        code(EffectCode.KEY);
        database(database);
        text(keyAddress, keyLength);
        key = at;
    }

    /// What comes next is about no key.
    void aboutNone() {
        key = -1;
    }

    void code(int code) {
        Memory.putByte(room(1), (byte) code);
    }

    /// The code, and the expiry when there is one.
    void code(int code, long expireAt) {
        if (expireAt == 0) {
            code(code);
        } else {
            code(code | EffectCode.HAS_EXPIRY);
            time(expireAt);
        }
    }

    void database(int index) {
        Memory.putShort(room(2), (short) index);
    }

    void flag(boolean value) {
        Memory.putByte(room(1), (byte) (value ? 1 : 0));
    }

    void number(int value) {
        Memory.putInt(room(4), value);
    }

    void time(long value) {
        Memory.putLong(room(8), value);
    }

    /// A length and as many bytes.
    void text(long from, int length) {
        number(length);
        raw(from, length);
    }

    void text(byte[] from) {
        number(from.length);
        Memory.copyIn(from, 0, room(from.length), from.length);
    }

    void raw(long from, int length) {
        Memory.copy(from, room(length), length);
    }

    private long room(int more) {
        if (bytes + (long) more > memory.byteSize()) {
            grow(Math.addExact(bytes, more));
        }
        long place = address + bytes;
        bytes += more;
        return place;
    }

    private void grow(int needed) {
        long larger = Math.max(needed, Math.min(2 * memory.byteSize(), Integer.MAX_VALUE));
        MemorySegment next = Arena.ofAuto().allocate(larger, Long.BYTES);
        MemorySegment.copy(memory, 0, next, 0, bytes);
        memory = next;
        address = next.address();
    }
}
