package io.nuthatch.resp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Raw access to the native memory that Netty's direct buffers and the engine's records live in.
///
/// One segment spans the whole address space, so an access has no bounds: callers pass only addresses they
/// framed.
final class WireMemory {
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private WireMemory() {}

    static byte get(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    static void copy(long source, long target, long bytes) {
        MemorySegment.copy(ALL, source, ALL, target, bytes);
    }

    static void copy(long source, byte[] target) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, source, target, 0, target.length);
    }

    static void copy(byte[] source, long target) {
        MemorySegment.copy(source, 0, ALL, ValueLayout.JAVA_BYTE, target, source.length);
    }
}
