package io.nuthatch.resp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Raw access to the native memory that Netty's direct buffers and the engine's records live in.
///
/// One segment spans the whole address space, so an access has no bounds: callers pass only addresses they
/// framed.
final class WireMemory {
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final int SHORT = 128;

    private WireMemory() {}

    static byte get(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    static void put(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, value);
    }

    /// Short ranges, the usual case, go eight bytes a step: a call into the library costs more than they do.
    static void copy(long source, long target, long bytes) {
        if (bytes > SHORT) {
            MemorySegment.copy(ALL, source, ALL, target, bytes);
        } else if (bytes >= Long.BYTES) {
            long last = bytes - Long.BYTES;
            for (long i = 0; i < last; i += Long.BYTES) {
                ALL.set(LONG, target + i, ALL.get(LONG, source + i));
            }
            ALL.set(LONG, target + last, ALL.get(LONG, source + last)); // May overlap the step before.
        } else {
            for (long i = 0; i < bytes; i++) {
                put(target + i, get(source + i));
            }
        }
    }

    static void copy(long source, byte[] target) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, source, target, 0, target.length);
    }

    static void copy(byte[] source, long target) {
        MemorySegment.copy(source, 0, ALL, ValueLayout.JAVA_BYTE, target, source.length);
    }
}
