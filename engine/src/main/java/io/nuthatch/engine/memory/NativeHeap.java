package io.nuthatch.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// What `malloc` holds for this process: the JVM's own tables, the compilers' scratch, direct buffers, native
/// libraries. [OffHeap] does not take its blocks from there.
///
/// glibc keeps what was freed, a compiler's burst for hours, so somebody has to call [#trim] now and then.
/// Its own figures count trimmed bytes as held until they are used again; this class remembers them.
///
/// Elsewhere than on glibc everything reads 0 and nothing is trimmed. Threads: any; a reading takes the lock
/// of each of malloc's arenas in turn, some ten microseconds, a trim some milliseconds.
public final class NativeHeap {
    private static final int ARENA = 0; // Fields of struct mallinfo2, of eight bytes each.
    private static final int MAPPED = 4;
    private static final int FREE = 8;
    private static final int FIELDS = 10;
    private static final @Nullable Calls CALLS = Calls.find();

    private static volatile long trimmedBytes; // Free ones, at the last trim.

    /// `inUse`: handed out. `free`: held for the next call, and backed by memory.
    public record Usage(long inUseBytes, long freeBytes) {
        public long heldBytes() {
            return inUseBytes + freeBytes;
        }
    }

    private NativeHeap() {}

    /// As of now.
    public static Usage usage() {
        if (CALLS == null) {
            return new Usage(0, 0);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = CALLS.read(arena);
            long free = field(info, FREE);
            long held = field(info, ARENA) + field(info, MAPPED);
            trimmedBytes = Math.min(trimmedBytes, free); // What was taken since is backed again.
            return new Usage(held - free, free - trimmedBytes);
        }
    }

    /// Gives whole free pages back to the system.
    public static void trim() {
        if (CALLS == null) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            CALLS.trim();
            trimmedBytes = field(CALLS.read(arena), FREE);
        }
    }

    private static long field(MemorySegment info, int index) {
        return info.getAtIndex(ValueLayout.JAVA_LONG, index);
    }

    private record Calls(MethodHandle mallinfo2, MethodHandle mallocTrim) {
        private static final StructLayout INFO =
                MemoryLayout.structLayout(MemoryLayout.sequenceLayout(FIELDS, ValueLayout.JAVA_LONG));

        /// Null where malloc is another one, or native access is denied.
        static @Nullable Calls find() {
            try {
                Linker linker = Linker.nativeLinker();
                SymbolLookup libc = linker.defaultLookup();
                return new Calls(
                        linker.downcallHandle(libc.findOrThrow("mallinfo2"), FunctionDescriptor.of(INFO)),
                        linker.downcallHandle(
                                libc.findOrThrow("malloc_trim"),
                                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG)));
            } catch (RuntimeException | LinkageError refused) {
                return null;
            }
        }

        MemorySegment read(Arena arena) {
            try {
                return (MemorySegment) mallinfo2.invokeExact((SegmentAllocator) arena);
            } catch (Error | RuntimeException failure) {
                throw failure;
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
        }

        void trim() {
            try {
                int ignored = (int) mallocTrim.invokeExact(0L); // 1 when something went back.
            } catch (Error | RuntimeException failure) {
                throw failure;
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
        }
    }
}
