package io.nuthatch.engine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What slabs keep beside the blocks in use, and whether the account says what the system really backs.
class SlabsTest {
    private static final int SHARDS = 4;
    private static final int CHUNK_BYTES = 2 << 20;
    private static final int PAGE_BYTES = 64 << 10;
    private static final int SYSTEM_PAGE_BYTES = 4096;
    private static final Path PAGE_MAP = Path.of("/proc/self/pagemap");

    private final MemoryAccount account = new MemoryAccount();
    private final Slabs slabs = new Slabs(SHARDS, account.counter("slabs", "live"), account.counter("slabs", "idle"));

    @AfterEach
    void close() {
        slabs.close();
        assertThat(account.total()).as("left in the account").isZero();
    }

    private List<Long> allocate(int count, int bytes) {
        List<Long> blocks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long block = slabs.allocate(i % SHARDS, bytes);
            Memory.fill(block, bytes, (byte) 1);
            blocks.add(block);
        }
        return blocks;
    }

    @Test
    void aFewBlocksDoNotTakeWholeChunks() {
        allocate(SHARDS, 100);
        assertThat(slabs.chunkBytes()).isEqualTo(SHARDS * PAGE_BYTES);
    }

    @Test
    void fewPagesAreFreeWhileShardsAreSmall() {
        long empty = account.total();
        allocate(20_000, 104);
        assertThat(slabs.chunkBytes() - slabs.liveBytes()).isLessThan(3 * SHARDS * PAGE_BYTES);
        assertThat(account.total() - empty).isEqualTo(slabs.chunkBytes());
    }

    @Test
    void pagesOfTemporaryBlocksGoBackWhenTrimmed() {
        allocate(20_000, 104);
        long before = slabs.chunkBytes();
        List<Long> temporary = allocate(4_000, 1_600);
        temporary.forEach(slabs::free);
        slabs.trim();
        assertThat(slabs.chunkBytes()).isBetween(before, before + 2 * SHARDS * PAGE_BYTES);
    }

    @Test
    void theSystemBacksWhatIsCounted() throws IOException {
        assumeTrue(Files.isReadable(PAGE_MAP), "needs /proc");
        List<Long> blocks = allocate(1_000, 1_000);
        long counted = slabs.chunkBytes();
        assertThat(resident(blocks)).isBetween(slabs.liveBytes(), counted);
        List<Long> more = allocate(40_000, 1_000); // Beyond the sparse chunks.
        more.forEach(slabs::free);
        slabs.trim();
        assertThat(slabs.chunkBytes()).isLessThanOrEqualTo(counted + 2 * SHARDS * PAGE_BYTES);
        assertThat(resident(more)).isLessThanOrEqualTo(slabs.chunkBytes());
    }

    /// Bytes that the system backs in the chunks of these blocks.
    private static long resident(List<Long> blocks) throws IOException {
        long[] chunks = blocks.stream()
                .mapToLong(block -> block & -CHUNK_BYTES)
                .distinct()
                .toArray();
        long pages = 0;
        try (RandomAccessFile map = new RandomAccessFile(PAGE_MAP.toFile(), "r")) {
            byte[] entries = new byte[CHUNK_BYTES / SYSTEM_PAGE_BYTES * Long.BYTES];
            for (long chunk : chunks) {
                map.seek(chunk / SYSTEM_PAGE_BYTES * Long.BYTES);
                map.readFully(entries);
                for (int i = Long.BYTES - 1; i < entries.length; i += Long.BYTES) {
                    pages += entries[i] < 0 ? 1 : 0; // Bit 63: the page is present.
                }
            }
        }
        return pages * SYSTEM_PAGE_BYTES;
    }
}
