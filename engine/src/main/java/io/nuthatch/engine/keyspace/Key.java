package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A key as the caller holds it: bytes at a native address, with their hash slot and a 64-bit hash.
///
/// A flyweight: one object per argument position, set anew for every command. It does not own the bytes,
/// which must stay where they are while it is used, except after [#copyOf]. Not thread-safe.
public final class Key {
    private long address;
    private int length;
    private int hashSlot;
    private long hash;
    private @Nullable MemorySegment owned; // Only to keep the bytes of copyOf alive.
    long scratch; // Belongs to Database.touch between its passes.

    /// An unset key.
    public Key() {}

    /// Points it at `length` bytes (0 is allowed) at `address` and computes both hashes; returns itself.
    public Key set(long address, int length) {
        this.address = address;
        this.length = length;
        this.hashSlot = HashSlot.of(address, length);
        this.hash = KeyHash.of(address, length);
        return this;
    }

    /// As [#set], where slot and the upper half of the hash are known from the record.
    Key set(long address, int length, int hashSlot, int hash32) {
        this.address = address;
        this.length = length;
        this.hashSlot = hashSlot;
        this.hash = (long) hash32 << 32;
        return this;
    }

    /// A key with its own copy of `bytes`, freed when the key is garbage: who passes its [#address()] on
    /// keeps the key.
    public static Key copyOf(byte[] bytes) {
        return copyOf(bytes, Arena.ofAuto());
    }

    /// A key with a copy of `bytes` that lives as long as `arena`.
    static Key copyOf(byte[] bytes, Arena arena) {
        Key key = new Key();
        MemorySegment segment = arena.allocate(Math.max(1, bytes.length), 8);
        key.owned = segment;
        Memory.copyIn(bytes, 0, segment.address(), bytes.length);
        return key.set(segment.address(), bytes.length);
    }

    /// A key of the UTF-8 bytes of `text`; see [#copyOf(byte[])].
    public static Key copyOf(String text) {
        return copyOf(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The key in `record`, a key of hash slot `slot`; valid until the record moves.
    static Key of(int slot, long record) {
        return new Key().set(Record.keyAddress(record), Record.keyLength(record), slot, Record.hash(record));
    }

    /// A copy of the key in `record` that lives as long as `arena`, wherever the record moves.
    static Key copyOf(long record, Arena arena) {
        return copyOf(Memory.toBytes(Record.keyAddress(record), Record.keyLength(record)), arena);
    }

    public long address() {
        return address;
    }

    public int length() {
        return length;
    }

    /// 0 to 16383.
    public int hashSlot() {
        return hashSlot;
    }

    /// Seeded per process: not the same after a restart.
    public long hash() {
        return hash;
    }

    /// The half of the hash that records keep.
    int hash32() {
        return (int) (hash >>> 32);
    }

    /// A copy on the heap.
    public byte[] toBytes() {
        try {
            return Memory.toBytes(address, length);
        } finally {
            Reference.reachabilityFence(this); // Bytes of copyOf live as long as the key does, and no longer.
        }
    }

    @Override
    public String toString() {
        return "Key[" + new String(toBytes(), StandardCharsets.UTF_8) + (owned == null ? "]" : ", owned]");
    }
}
