package io.nuthatch.resp;

import io.netty.util.internal.PlatformDependent;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Raw access to the native memory that Netty's direct buffers and the engine's records live in.
///
/// An access has no bounds: callers pass only addresses they framed. Single values take Netty's door to
/// `Unsafe`, as the engine's `Memory` takes its own and for the same reason: segments cost the JIT too many
/// nodes.
final class WireMemory {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final int SHORT = 128;

    private WireMemory() {}

    static byte get(long address) {
        return PlatformDependent.getByte(address);
    }

    static void put(long address, byte value) {
        PlatformDependent.putByte(address, value);
    }

    /// Short ranges, the usual case, go eight bytes a step: a call into the library costs more than they do.
    static void copy(long source, long target, long bytes) {
        if (bytes > SHORT) {
            MemorySegment.copy(ALL, source, ALL, target, bytes);
        } else if (bytes >= Long.BYTES) {
            long last = bytes - Long.BYTES;
            for (long i = 0; i < last; i += Long.BYTES) {
                PlatformDependent.putLong(target + i, PlatformDependent.getLong(source + i));
            }
            PlatformDependent.putLong(
                    target + last, PlatformDependent.getLong(source + last)); // May overlap the step before.
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
