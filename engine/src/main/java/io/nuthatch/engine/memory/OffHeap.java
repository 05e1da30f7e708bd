package io.nuthatch.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Blocks of zeroed anonymous memory, taken from the system and given back to it.
///
/// On Linux a block is an `mmap` of its own, so freeing it lowers the process's resident size at once. Blocks
/// of 2 MiB and more start on a 2 MiB boundary and ask for huge pages (`madvise`), which is worth 15 to 30 %
/// to a graph walk; smaller ones start on a page. Elsewhere, or where native access is refused, a shared
/// [Arena] per block does the same without huge pages. Pages that nobody touches cost address space only, but
/// they are counted in full.
///
/// Ownership: whoever calls [#allocate] frees the address with the same size and counter. Threads: any.
public final class OffHeap {
    /// Size and alignment of a huge page on x86-64 and most of arm64.
    public static final long HUGE_PAGE_BYTES = 2L << 20;

    private static final long PAGE_BYTES = 4096;
    private static final int PROT_READ_WRITE = 1 | 2;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_NOHUGEPAGE = 15;
    private static final @Nullable Calls CALLS = Calls.find();
    private static final Map<Long, Arena> ARENAS = new ConcurrentHashMap<>(); // Only where there is no mmap.

    private OffHeap() {}

    /// `bytes` zeroed bytes, 64-byte aligned or better, counted in `counter` as [#footprint] says.
    ///
    /// Throws [OutOfMemoryError] when the system refuses.
    public static long allocate(long bytes, MemoryAccount.Counter counter) {
        assert bytes > 0 : "bytes=" + bytes;
        long address = reserve(bytes);
        counter.add(footprint(bytes));
        return address;
    }

    /// As [#allocate], uncounted: for an owner that counts the parts of the block as it begins to use them.
    static long reserve(long bytes) {
        long footprint = footprint(bytes);
        return CALLS == null ? allocateFromArena(footprint) : CALLS.map(footprint);
    }

    /// Gives a block of [#allocate] back to the system; nobody may read it from now on.
    public static void free(long address, long bytes, MemoryAccount.Counter counter) {
        release(address, bytes);
        counter.subtract(footprint(bytes));
    }

    /// Gives back a block of [#reserve].
    static void release(long address, long bytes) {
        long footprint = footprint(bytes);
        if (CALLS == null) {
            Arena arena = ARENAS.remove(address);
            if (arena == null) {
                throw new AssertionError("not an allocated block: 0x" + Long.toHexString(address));
            }
            arena.close();
        } else {
            CALLS.unmap(address, footprint);
        }
    }

    /// Gives the memory behind whole pages back to the system while the addresses stay mapped: they read as
    /// zero.
    ///
    /// Where there is no `madvise`, the bytes are zeroed and the memory stays. The account is the caller's
    /// affair.
    public static void discard(long address, long bytes) {
        assert address % PAGE_BYTES == 0 && bytes % PAGE_BYTES == 0 : "address=" + address + " bytes=" + bytes;
        if (CALLS == null || !CALLS.advise(address, bytes, MADV_DONTNEED)) {
            Memory.fill(address, bytes, (byte) 0);
        }
    }

    /// Asks the system to back these whole pages with huge ones, or with small ones only where they are
    /// touched. A block of [#HUGE_PAGE_BYTES] and more asks for huge ones by itself. A wish, which costs
    /// nothing where it is not heard.
    public static void adviseHugePages(long address, long bytes, boolean areWanted) {
        assert address % PAGE_BYTES == 0 && bytes % PAGE_BYTES == 0 : "address=" + address + " bytes=" + bytes;
        if (CALLS != null && (!areWanted || asksForHugePages())) {
            boolean ignored = CALLS.advise(address, bytes, areWanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
        }
    }

    /// What a block of `bytes` takes: whole pages, or whole huge pages from 2 MiB up.
    public static long footprint(long bytes) {
        long unit = bytes >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : PAGE_BYTES;
        return Math.addExact(bytes, unit - 1) / unit * unit;
    }

    /// The end of the huge page that the byte before `address` is in.
    static long hugePageEnd(long address) {
        return (address + HUGE_PAGE_BYTES - 1) & -HUGE_PAGE_BYTES;
    }

    /// Whether blocks ask for huge pages here, and are not told otherwise by `-Dnuthatch.hugepages=off`; what
    /// the system grants is its own affair.
    public static boolean asksForHugePages() {
        return CALLS != null && !"off".equals(System.getProperty("nuthatch.hugepages"));
    }

    private static long allocateFromArena(long bytes) {
        Arena arena = Arena.ofShared();
        long address = arena.allocate(bytes, 64).address();
        ARENAS.put(address, arena);
        return address;
    }

    /// The three system calls, as downcalls.
    private record Calls(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise) {
        /// Null where they cannot be used: another system, a symbol missing, native access denied.
        static @Nullable Calls find() {
            if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")) {
                return null;
            }
            try {
                Linker linker = Linker.nativeLinker();
                SymbolLookup libc = linker.defaultLookup();
                return new Calls(
                        linker.downcallHandle(
                                libc.findOrThrow("mmap"),
                                FunctionDescriptor.of(
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_LONG)),
                        linker.downcallHandle(
                                libc.findOrThrow("munmap"),
                                FunctionDescriptor.of(
                                        ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG)),
                        linker.downcallHandle(
                                libc.findOrThrow("madvise"),
                                FunctionDescriptor.of(
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.JAVA_INT)));
            } catch (RuntimeException | LinkageError refused) {
                return null;
            }
        }

        /// Maps more than is asked and cuts both ends off, since `mmap` itself promises a page boundary only.
        long map(long bytes) {
            boolean huge = bytes >= HUGE_PAGE_BYTES;
            long spare = huge ? HUGE_PAGE_BYTES : 0;
            try {
                long length = Math.addExact(bytes, spare);
                long raw = (long) mmap.invokeExact(0L, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
                if (raw == -1L) {
                    throw new OutOfMemoryError("the system refused " + length + " bytes off the heap");
                }
                long address = huge ? (raw + HUGE_PAGE_BYTES - 1) & -HUGE_PAGE_BYTES : raw;
                unmap(raw, address - raw);
                unmap(address + bytes, raw + length - address - bytes);
                if (huge && asksForHugePages()) {
                    int ignored = (int) madvise.invokeExact(address, bytes, MADV_HUGEPAGE); // A wish, never an error.
                }
                return address;
            } catch (Error | RuntimeException failure) {
                throw failure;
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
        }

        /// Whether the system did it.
        boolean advise(long address, long bytes, int advice) {
            try {
                return (int) madvise.invokeExact(address, bytes, advice) == 0;
            } catch (Error | RuntimeException failure) {
                throw failure;
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
        }

        void unmap(long address, long bytes) {
            if (bytes == 0) {
                return;
            }
            try {
                int result = (int) munmap.invokeExact(address, bytes);
                if (result != 0) {
                    throw new AssertionError("munmap of " + bytes + " bytes at 0x" + Long.toHexString(address));
                }
            } catch (Error | RuntimeException failure) {
                throw failure;
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
        }
    }
}
