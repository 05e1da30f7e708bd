package io.nuthatch.tiering.disk;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// The calls of Linux that Java's own files lack: reads that go past the page cache into memory of ours,
/// holes, and batches of reads. Thread-safe.
///
/// Java's `FileChannel` can do the first, but a thread that is interrupted in it closes the file for all.
final class Libc {
    static final int EINTR = 4;
    static final int EINVAL = 22;
    static final int EOPNOTSUPP = 95;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0100;
    static final int O_CLOEXEC = 02000000;
    static final int O_DIRECT = isArm() ? 0200000 : 040000;
    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int STATX_DIOALIGN = 0x2000;
    static final int STATX_BASIC_STATS = 0x7ff;

    private static final int MESSAGE_BYTES = 256;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    /// Where a call leaves its errno; one a thread.
    private static final ThreadLocal<MemorySegment> STATES =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

    private static final MethodHandle OPEN = handle(
            "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle PREAD =
            handle("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle PWRITE =
            handle("pwrite", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FDATASYNC = handle("fdatasync", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            handle("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FALLOCATE =
            handle("fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle STATX =
            handle("statx", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle SYSCALL = handle(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    private static final MethodHandle STRERROR = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("__xpg_strerror_r"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG));

    private Libc() {}

    static boolean isArm() {
        return "aarch64".equals(System.getProperty("os.arch"));
    }

    private static MethodHandle handle(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker.Option[] all = new Linker.Option[options.length + 1];
        all[0] = Linker.Option.captureCallState("errno");
        System.arraycopy(options, 0, all, 1, options.length);
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, all);
    }

    /// What the last call of this thread that failed left behind.
    static int errno() {
        return (int) ERRNO.get(STATES.get(), 0L);
    }

    /// What people are told of an errno: `No space left on device`.
    static String message(int errno) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MESSAGE_BYTES);
            int ignored = (int) STRERROR.invokeExact(errno, text, (long) MESSAGE_BYTES);
            return text.getString(0);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static IOException failure(String what) {
        return new IOException(what + ": " + message(errno()));
    }

    static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) OPEN.invokeExact(STATES.get(), arena.allocateFrom(path), flags, 0644);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int close(int file) {
        try {
            return (int) CLOSE.invokeExact(STATES.get(), file);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static long pread(int file, long address, long bytes, long offset) {
        try {
            return (long) PREAD.invokeExact(STATES.get(), file, address, bytes, offset);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static long pwrite(int file, long address, long bytes, long offset) {
        try {
            return (long) PWRITE.invokeExact(STATES.get(), file, address, bytes, offset);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int fdatasync(int file) {
        try {
            return (int) FDATASYNC.invokeExact(STATES.get(), file);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int ftruncate(int file, long bytes) {
        try {
            return (int) FTRUNCATE.invokeExact(STATES.get(), file, bytes);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int fallocate(int file, int mode, long offset, long bytes) {
        try {
            return (int) FALLOCATE.invokeExact(STATES.get(), file, mode, offset, bytes);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /// `statx` of an open file into `into`, 256 bytes.
    static int statx(int file, int mask, MemorySegment into) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) STATX.invokeExact(STATES.get(), file, arena.allocateFrom(""), AT_EMPTY_PATH, mask, into);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static long syscall(long number, long first, long second, long third, long fourth, long fifth) {
        try {
            return (long) SYSCALL.invokeExact(STATES.get(), number, first, second, third, fourth, fifth);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /// Downcalls throw nothing of their own.
    private static Error unexpected(Throwable failure) {
        if (failure instanceof RuntimeException bug) {
            throw bug;
        }
        return failure instanceof Error error ? error : new AssertionError(failure);
    }
}
