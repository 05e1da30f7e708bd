package io.nuthatch.resp;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The arguments of one request, the command's name first: places in native memory, nothing copied.
///
/// A decoded request points into the connection's read buffer and is valid until its command has been
/// executed on the event loop; what outlives that (a queued transaction, a search on the query pool) is a
/// [#copy]. Not thread-safe; reused by the decoder.
public final class Args {
    private static final int INITIAL_ARGUMENTS = 8;
    /// After a request with more arguments than this, the arrays shrink back.
    private static final int KEPT_ARGUMENTS = 1024;

    private long[] addresses = new long[INITIAL_ARGUMENTS];
    private int[] lengths = new int[INITIAL_ARGUMENTS];
    private int count;
    private @Nullable MemorySegment owned; // Keeps a copy's memory alive.

    /// Arguments of the given texts, in memory of their own; for tests and for commands made by the server.
    public static Args of(byte[]... arguments) {
        long bytes = 0;
        for (byte[] argument : arguments) {
            bytes += argument.length;
        }
        Args args = new Args();
        MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, bytes));
        args.owned = memory;
        long address = memory.address();
        for (byte[] argument : arguments) {
            WireMemory.copy(argument, address);
            args.add(address, argument.length);
            address += argument.length;
        }
        return args;
    }

    /// As [#of(byte\[\]...)], from UTF-8 texts.
    public static Args of(String... arguments) {
        return of(Arrays.stream(arguments)
                .map(argument -> argument.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new));
    }

    /// Empties the list for the next request.
    public void clear() {
        count = 0;
        owned = null;
        if (addresses.length > KEPT_ARGUMENTS) {
            addresses = new long[INITIAL_ARGUMENTS];
            lengths = new int[INITIAL_ARGUMENTS];
        }
    }

    /// Appends an argument of `length` bytes at `address`.
    public void add(long address, int length) {
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        addresses[count] = address;
        lengths[count] = length;
        count++;
    }

    /// Replaces the list by arguments in memory of their own.
    void setOwned(byte[]... arguments) {
        swap(of(arguments));
    }

    /// Exchanges contents with `other`.
    public void swap(Args other) {
        long[] otherAddresses = other.addresses;
        int[] otherLengths = other.lengths;
        int otherCount = other.count;
        @Nullable MemorySegment otherOwned = other.owned;
        other.addresses = addresses;
        other.lengths = lengths;
        other.count = count;
        other.owned = owned;
        addresses = otherAddresses;
        lengths = otherLengths;
        count = otherCount;
        owned = otherOwned;
    }

    /// Moves every argument by `bytes`, after the buffer below was moved.
    public void relocate(long bytes) {
        for (int i = 0; i < count; i++) {
            addresses[i] += bytes;
        }
    }

    /// Number of arguments, the command's name included.
    public int count() {
        return count;
    }

    /// Native address of argument `index`.
    public long address(int index) {
        assert index < count : "argument " + index + " of " + count;
        return addresses[index];
    }

    /// Length of argument `index` in bytes.
    public int length(int index) {
        assert index < count : "argument " + index + " of " + count;
        return lengths[index];
    }

    /// Byte `at` of argument `index`.
    public byte byteAt(int index, int at) {
        assert at < length(index) : "byte " + at + " of " + length(index);
        return WireMemory.get(addresses[index] + at);
    }

    /// A copy of argument `index`.
    public byte[] bytes(int index) {
        byte[] bytes = new byte[length(index)];
        WireMemory.copy(addresses[index], bytes);
        return bytes;
    }

    /// Argument `index` as text; bytes that are not UTF-8 become U+FFFD.
    public String text(int index) {
        return new String(bytes(index), StandardCharsets.UTF_8);
    }

    /// Whether argument `index` is `word`, in any case; `word` is upper-case ASCII.
    public boolean is(int index, String word) {
        int length = word.length();
        if (index >= count || lengths[index] != length) {
            return false;
        }
        long address = addresses[index];
        for (int i = 0; i < length; i++) {
            int b = WireMemory.get(address + i);
            if (b >= 'a' && b <= 'z') {
                b -= 'a' - 'A';
            }
            if (b != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// Bytes of all arguments together.
    public long totalBytes() {
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            bytes += lengths[i];
        }
        return bytes;
    }

    /// The same arguments in memory of their own, which lives as long as the copy is reachable.
    public Args copy() {
        MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, totalBytes()));
        Args copy = copy(memory.address());
        copy.owned = memory;
        return copy;
    }

    /// The same arguments in the caller's [#totalBytes] at `address`, which must outlive the copy's use.
    public Args copy(long address) {
        Args copy = new Args();
        long target = address;
        for (int i = 0; i < count; i++) {
            WireMemory.copy(addresses[i], target, lengths[i]);
            copy.add(target, lengths[i]);
            target += lengths[i];
        }
        return copy;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(count, 16); i++) {
            text.append(i == 0 ? "" : " ").append(text(i));
        }
        return text.toString();
    }
}
