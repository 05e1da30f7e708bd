package io.nuthatch.tiering.disk;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.OffHeap;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Reads from a [DirectFile], or writes to it, that the disk works on all at once while one thread waits:
/// Linux's `io_submit`.
///
/// A hundred reads of 4 KB are two calls. Reader threads that share them come out as fast, at three times the
/// processor time, which is threads waking each other (docs/BENCHMARKS.md). Where the system refuses (some
/// sandboxes do), they are done one after another, and so they are inside `io_submit` on files that are not
/// direct.
///
/// Ownership: it owns a buffer for [#capacity] times `unitBytes` and the system's queue, until [#close].
/// One thread at a time.
public final class IoBatch implements Closeable {
    /// Most reads or writes of one batch.
    public static final int CAPACITY_MAX = 128;

    // The numbers of system calls: io_setup, io_destroy, io_submit, io_getevents.
    private static final long SETUP = Libc.isArm() ? 0 : 206;
    private static final long DESTROY = Libc.isArm() ? 1 : 207;
    private static final long SUBMIT = Libc.isArm() ? 2 : 209;
    private static final long GETEVENTS = Libc.isArm() ? 4 : 208;

    // struct iocb: data, key, flags, opcode and priority, file, address, bytes, offset.
    private static final int IOCB_BYTES = 64;
    private static final int IOCB_OPCODE = 16;
    private static final int IOCB_FILE = 20;
    private static final int IOCB_ADDRESS = 24;
    private static final int IOCB_LENGTH = 32;
    private static final int IOCB_OFFSET = 40;

    private static final int READ = 0;
    private static final int WRITE = 1;

    // struct io_event: data, the iocb, how many bytes or minus the errno, 0.
    private static final int EVENT_BYTES = 32;
    private static final int EVENT_RESULT = 16;

    private final int capacity;
    private final int unitBytes;
    private final MemoryAccount.Counter counter;
    private final long block; // Buffer, iocbs, pointers to them, events.
    private final long blockBytes;
    private final long iocbs;
    private final long pointers;
    private final long events;
    private final long[] offsets = new long[CAPACITY_MAX];
    private final long queue; // 0 when the system refused.

    /// For up to `capacity` reads or writes, at most [#CAPACITY_MAX], of `unitBytes` bytes each.
    public IoBatch(int capacity, int unitBytes, MemoryAccount.Counter counter) {
        assert capacity >= 1 && capacity <= CAPACITY_MAX : "capacity=" + capacity;
        this.capacity = capacity;
        this.unitBytes = unitBytes;
        this.counter = counter;
        long buffers = Math.multiplyExact((long) capacity, unitBytes);
        this.blockBytes = buffers + (long) capacity * (IOCB_BYTES + Long.BYTES + EVENT_BYTES) + Long.BYTES;
        this.block = OffHeap.allocate(blockBytes, counter);
        this.iocbs = block + buffers;
        this.pointers = iocbs + (long) capacity * IOCB_BYTES;
        this.events = pointers + (long) capacity * Long.BYTES;
        long handle = events + (long) capacity * EVENT_BYTES;
        this.queue = Libc.syscall(SETUP, capacity, handle, 0, 0, 0) == 0 ? Memory.getLong(handle) : 0;
        for (int i = 0; i < capacity; i++) {
            Memory.putLong(pointers + (long) i * Long.BYTES, iocbs + (long) i * IOCB_BYTES);
        }
    }

    /// Reads or writes that fit.
    public int capacity() {
        return capacity;
    }

    /// Where in memory what `i` reads goes, and what it writes lies.
    public long address(int i) {
        return block + (long) i * unitBytes;
    }

    /// Makes `i` about the `unitBytes` bytes of the file from `offset` on.
    public void prepare(int i, long offset) {
        offsets[i] = offset;
    }

    /// Reads 0 to `count - 1`, or throws what the first that failed did.
    public void read(DirectFile file, int count) throws IOException {
        if (queue != 0 && count > 1) {
            submit(file, count, READ);
            return;
        }
        for (int i = 0; i < count; i++) {
            file.read(offsets[i], address(i), unitBytes);
        }
    }

    /// Writes 0 to `count - 1`, or throws what the first that failed did; the others are written or not.
    public void write(DirectFile file, int count) throws IOException {
        if (queue != 0 && count > 1) {
            submit(file, count, WRITE);
            return;
        }
        for (int i = 0; i < count; i++) {
            file.write(offsets[i], address(i), unitBytes);
        }
    }

    private void submit(DirectFile file, int count, int opcode) throws IOException {
        for (int i = 0; i < count; i++) {
            long iocb = iocbs + (long) i * IOCB_BYTES;
            Memory.putLong(iocb, i);
            Memory.putInt(iocb + IOCB_OPCODE, opcode);
            Memory.putInt(iocb + IOCB_FILE, file.descriptor());
            Memory.putLong(iocb + IOCB_ADDRESS, address(i));
            Memory.putLong(iocb + IOCB_LENGTH, unitBytes);
            Memory.putLong(iocb + IOCB_OFFSET, offsets[i]);
        }
        int submitted = 0;
        int ended = 0;
        IOException failure = null;
        while (ended < count) {
            if (submitted < count && failure == null) {
                long taken =
                        Libc.syscall(SUBMIT, queue, count - submitted, pointers + (long) submitted * Long.BYTES, 0, 0);
                if (taken < 0 && Libc.errno() != Libc.EINTR && submitted == ended) {
                    throw Libc.failure(file.path() + ": io_submit");
                }
                submitted += (int) Math.max(0, taken); // Refused for now: those under way make room.
            }
            long got = Libc.syscall(GETEVENTS, queue, submitted - ended, capacity, events, 0);
            if (got < 0 && Libc.errno() != Libc.EINTR) {
                throw new AssertionError("io_getevents: " + Libc.message(Libc.errno())); // It knows no other failure.
            }
            for (int i = 0; i < got; i++) {
                IOException wrong = check(file, opcode, events + (long) i * EVENT_BYTES);
                failure = failure == null ? wrong : failure;
            }
            ended += (int) Math.max(0, got);
            if (failure != null && ended == submitted) {
                throw failure; // Not before all that was submitted is over: the buffer is written to until then.
            }
        }
    }

    private @Nullable IOException check(DirectFile file, int opcode, long event) {
        long result = Memory.getLong(event + EVENT_RESULT);
        int which = (int) Memory.getLong(event);
        long offset = offsets[which];
        if (result == unitBytes) {
            return null;
        }
        if (result < 0) {
            return new IOException(file.path() + " at " + offset + ": " + Libc.message((int) -result));
        }
        if (opcode == WRITE) { // A disk that fills up writes a part; the rest fails, or goes.
            try {
                file.write(offset + result, address(which) + result, unitBytes - result);
                return null;
            } catch (IOException failure) {
                return failure;
            }
        }
        return new EOFException(file.path() + " ends inside " + unitBytes + " bytes at " + offset);
    }

    @Override
    public void close() {
        if (queue != 0) {
            Libc.syscall(DESTROY, queue, 0, 0, 0, 0);
        }
        OffHeap.free(block, blockBytes, counter);
    }
}
