package io.nuthatch.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Which pages of a range of addresses are in RAM, by `mincore`. Any thread.
public final class Residency {
    private static final long PAGE_BYTES = 4096;
    private static final long SLICE_PAGES = 1 << 16; // A byte of the answer for each: 64 KiB for 256 MiB.
    private static final long LOW_BITS = 0x0101010101010101L;
    private static final @Nullable MethodHandle MINCORE = find();

    private Residency() {}

    /// Bytes of a mapped range that are in RAM, or -1 where the system does not say. Both numbers are
    /// multiples of the page size.
    public static long bytes(long address, long bytes) {
        assert address % PAGE_BYTES == 0 && bytes % PAGE_BYTES == 0 : "address=" + address + " bytes=" + bytes;
        if (MINCORE == null) {
            return -1;
        }
        long pages = bytes / PAGE_BYTES;
        long resident = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(SLICE_PAGES, Long.BYTES);
            for (long from = 0; from < pages; from += SLICE_PAGES) {
                long count = Math.min(SLICE_PAGES, pages - from);
                answer.asSlice(count / Long.BYTES * Long.BYTES).fill((byte) 0); // Behind a last, shorter one.
                if ((int) MINCORE.invokeExact(address + from * PAGE_BYTES, count * PAGE_BYTES, answer) != 0) {
                    return -1;
                }
                for (long at = 0; at < count; at += Long.BYTES) {
                    resident += Long.bitCount(answer.get(ValueLayout.JAVA_LONG, at) & LOW_BITS);
                }
            }
            return resident * PAGE_BYTES;
        } catch (Error | RuntimeException failure) {
            throw failure;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static @Nullable MethodHandle find() {
        if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")) {
            return null;
        }
        try {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("mincore"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
        } catch (RuntimeException | LinkageError refused) {
            return null;
        }
    }
}
