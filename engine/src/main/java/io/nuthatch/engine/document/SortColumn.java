package io.nuthatch.engine.document;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import io.nuthatch.engine.text.Blocks;
import io.nuthatch.engine.text.ByteStrings;
import org.jspecify.annotations.Nullable;

/// The strings of a SORTABLE field by ordinal, in lower case unless the field says UNF.
///
/// Threads: the space's read-write lock.
final class SortColumn implements AutoCloseable {
    private final boolean asWritten;
    private final RecordTable column; // ordinal -> block, 0 for none
    private final Blocks blocks;

    SortColumn(boolean asWritten, MemoryAccount.Counter counter) {
        this.asWritten = asWritten;
        this.column = new RecordTable(Long.BYTES, counter);
        this.blocks = new Blocks(counter);
    }

    /// The form in which a value is compared with others.
    static String normal(String value, boolean asWritten) {
        return asWritten ? value : ByteStrings.lower(value);
    }

    void put(int ordinal, @Nullable String value) {
        long old = block(ordinal);
        if (value == null) {
            if (old != 0) {
                blocks.free(old);
                Memory.putLong(column.address(ordinal), 0);
            }
            return;
        }
        byte[] bytes = ByteStrings.bytes(normal(value, asWritten));
        if (old != 0) {
            if (Blocks.holds(old, bytes, bytes.length)) {
                return;
            }
            blocks.free(old);
        }
        column.ensure(ordinal);
        Memory.putLong(column.address(ordinal), blocks.put(bytes, 0, bytes.length));
    }

    void move(int from, int to) {
        long block = block(from);
        if (block != 0) {
            Memory.putLong(column.address(from), 0);
            column.ensure(to);
            Memory.putLong(column.address(to), block);
        }
    }

    @Nullable
    String get(int ordinal) {
        long block = block(ordinal);
        return block == 0 ? null : ByteStrings.of(Blocks.bytes(block));
    }

    long bytes() {
        return blocks.usedBytes();
    }

    private long block(int ordinal) {
        return column.has(ordinal) ? Memory.getLong(column.address(ordinal)) : 0;
    }

    @Override
    public void close() {
        column.close();
        blocks.close();
    }
}
