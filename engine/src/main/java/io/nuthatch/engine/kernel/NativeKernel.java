package io.nuthatch.engine.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The C code of `engine/src/main/native`: loaded once, if the build had a compiler to make it, the system
/// runs it, and nobody switched it off; without it all is done in Java.
///
/// The library is a resource of the engine and is loaded from memory (`memfd_create`): no file is written,
/// and a read-only disk is no obstacle.
///
/// `-Dnuthatch.native=off` (the setting `native-kernel`) never loads it; `plain`, `avx2` and `avx512` allow
/// no more than that of the machine's instructions. Decided once, when this class loads.
///
/// The calls may be given arrays of the heap (`Linker.Option.critical`): the JVM waits for them when it wants
/// to stop all threads, so a call is given a budget of work.
///
/// Threads: any; a block belongs to one caller at a time.
public final class NativeKernel {
    private static final String RESOURCE = "walk.so";

    /// Why there is no kernel; null where there is one. Before [#LIBRARY], whose loading sets it.
    private static @Nullable String absence;

    private static final @Nullable Library LIBRARY = load();

    private NativeKernel() {}

    /// Whether walks go through it.
    public static boolean isOn() {
        return LIBRARY != null;
    }

    /// What runs, in a word: `native-avx512`, `native-avx2`, `native-plain` or `java`.
    public static String name() {
        return isOn() ? "native-" + level().toString().toLowerCase(Locale.ROOT) : "java";
    }

    /// Why it does not run; empty where it does.
    public static String whyNot() {
        return absence == null ? "" : absence;
    }

    /// The instructions it uses; [#isOn] was true.
    public static Level level() {
        return library().level;
    }

    /// Sets of instructions, each including those before.
    public enum Level {
        /// What every machine of this architecture has.
        PLAIN,
        AVX2,
        /// With VNNI, the dot product of bytes.
        AVX512;

        /// The number of it in a block.
        public int number() {
            return ordinal() + 1;
        }
    }

    /// `nuthatch_descend` of `walk.c`: a key.
    public static long descend(long block, int start, int layer, int layerMin) {
        try {
            return (long) library().descend.invokeExact(block, start, layer, layerMin);
        } catch (Throwable failure) {
            throw impossible(failure);
        }
    }

    /// `nuthatch_expand` of `walk.c`: whether the walk is at its end.
    public static boolean expand(long block, long[] pool) {
        try {
            return (int) library().expand.invokeExact(block, MemorySegment.ofArray(pool)) != 0;
        } catch (Throwable failure) {
            throw impossible(failure);
        }
    }

    /// `nuthatch_filtered` of `walk.c`: whether the walk is at its end. `filter` may be empty when the block
    /// says that there is none.
    public static boolean filtered(long block, long[] pool, long[] heap, long[] filter) {
        try {
            return (int) library()
                            .filtered
                            .invokeExact(
                                    block,
                                    MemorySegment.ofArray(pool),
                                    MemorySegment.ofArray(heap),
                                    MemorySegment.ofArray(filter))
                    != 0;
        } catch (Throwable failure) {
            throw impossible(failure);
        }
    }

    /// `nuthatch_dots` of `walk.c`: `out[i]` becomes the answer for the row at `addresses[i]`, `0 <= i <
    /// count`. `kind` as in [WalkBlock].
    public static void dots(long query, int kind, int rowBytes, int count, long[] addresses, float[] out) {
        Library library = library();
        try {
            library.dots.invokeExact(
                    query,
                    kind,
                    library.level.number(),
                    rowBytes,
                    count,
                    MemorySegment.ofArray(addresses),
                    MemorySegment.ofArray(out));
        } catch (Throwable failure) {
            throw impossible(failure);
        }
    }

    private static Library library() {
        Library library = LIBRARY;
        if (library == null) {
            throw new IllegalStateException("there is no native kernel: " + absence);
        }
        return library;
    }

    private static Error impossible(Throwable failure) {
        return failure instanceof Error error ? error : new AssertionError(failure);
    }

    private record Library(
            Level level, MethodHandle descend, MethodHandle expand, MethodHandle filtered, MethodHandle dots) {}

    private static @Nullable Library load() {
        String wanted = System.getProperty("nuthatch.native", "avx512");
        if (wanted.equals("off")) {
            absence = "-Dnuthatch.native=off";
            return null;
        }
        try (InputStream resource = NativeKernel.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) {
                absence = "it was not built, for want of a C compiler";
                return null;
            }
            return link(LibraryLoader.load(resource.readAllBytes()), Level.valueOf(wanted.toUpperCase(Locale.ROOT)));
        } catch (IOException | RuntimeException | LinkageError failure) {
            absence = failure.toString();
            return null;
        }
    }

    private static Library link(SymbolLookup library, Level most) {
        Linker linker = Linker.nativeLinker();
        Linker.Option brief = Linker.Option.critical(true);
        MethodHandle level = linker.downcallHandle(
                library.findOrThrow("nuthatch_level"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MethodHandle descend = linker.downcallHandle(
                library.findOrThrow("nuthatch_descend"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT),
                brief);
        MethodHandle expand = linker.downcallHandle(
                library.findOrThrow("nuthatch_expand"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                brief);
        MethodHandle filtered = linker.downcallHandle(
                library.findOrThrow("nuthatch_filtered"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS),
                brief);
        MethodHandle dots = linker.downcallHandle(
                library.findOrThrow("nuthatch_dots"),
                FunctionDescriptor.ofVoid(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS),
                brief);
        try {
            int number = (int) level.invokeExact(most.number());
            return new Library(Level.values()[number - 1], descend, expand, filtered, dots);
        } catch (Throwable failure) {
            throw impossible(failure);
        }
    }

    /// Loads a shared library out of memory, for the life of the process. Linux only.
    private static final class LibraryLoader {
        private static final int MFD_CLOEXEC = 1;

        private LibraryLoader() {}

        /// Throws [RuntimeException] where the system refuses.
        static SymbolLookup load(byte[] library) {
            Linker linker = Linker.nativeLinker();
            SymbolLookup libc = linker.defaultLookup();
            MethodHandle create = linker.downcallHandle(
                    libc.findOrThrow("memfd_create"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            MethodHandle write = linker.downcallHandle(
                    libc.findOrThrow("write"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
            MethodHandle close = linker.downcallHandle(
                    libc.findOrThrow("close"), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            try (Arena arena = Arena.ofConfined()) {
                int file = (int) create.invokeExact(arena.allocateFrom("nuthatch-walk"), MFD_CLOEXEC);
                if (file < 0) {
                    throw new IllegalStateException("the system refused memfd_create");
                }
                try {
                    MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, library);
                    for (long written = 0; written < library.length; ) {
                        long count = (long) write.invokeExact(file, bytes.asSlice(written), library.length - written);
                        if (count <= 0) {
                            throw new IllegalStateException("the system refused to write to memory");
                        }
                        written += count;
                    }
                    return SymbolLookup.libraryLookup("/proc/self/fd/" + file, Arena.global());
                } finally {
                    int ignored = (int) close.invokeExact(file); // The mapping outlives it.
                }
            } catch (RuntimeException | Error failure) {
                throw failure;
            } catch (Throwable failure) {
                throw impossible(failure);
            }
        }
    }
}
