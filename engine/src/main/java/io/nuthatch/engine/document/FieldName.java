package io.nuthatch.engine.document;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.text.ByteStrings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The name of a hash field with its bytes at a native address, where the keyspace wants them. Immutable.
final class FieldName {
    private final String name;
    private final MemorySegment bytes; // Keeps the memory; freed when the name is garbage.
    private final int length;

    FieldName(String name) {
        byte[] source = ByteStrings.bytes(name);
        this.name = name;
        this.length = source.length;
        this.bytes = Arena.ofAuto().allocate(Math.max(1, length), 8);
        Memory.copyIn(source, 0, bytes.address(), length);
    }

    String name() {
        return name;
    }

    long address() {
        return bytes.address();
    }

    int length() {
        return length;
    }
}
