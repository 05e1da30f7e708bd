package io.nuthatch.engine.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MemoryTest {
    private final MemoryAccount account = new MemoryAccount();
    private final MemoryAccount.Counter counter = account.counter("test", "rows");

    @Test
    void valuesAreLittleEndianAndUnaligned() {
        long block = OffHeap.allocate(4096, counter);
        ByteBuffer model = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        Memory.putLong(block + 1, 0x0102030405060708L);
        model.putLong(1, 0x0102030405060708L);
        Memory.putInt(block + 11, 0x11121314);
        model.putInt(11, 0x11121314);
        Memory.putShort(block + 17, (short) 0x2122);
        model.putShort(17, (short) 0x2122);
        Memory.putFloat(block + 21, 1.5f);
        model.putFloat(21, 1.5f);
        Memory.putDouble(block + 27, -2.25);
        model.putDouble(27, -2.25);
        Memory.putByte(block + 40, (byte) -7);
        model.put(40, (byte) -7);
        assertThat(Memory.toBytes(block, 64)).isEqualTo(model.array());
        assertThat(Memory.getLong(block + 1)).isEqualTo(0x0102030405060708L);
        assertThat(Memory.getInt(block + 11)).isEqualTo(0x11121314);
        assertThat(Memory.getShort(block + 17)).isEqualTo((short) 0x2122);
        assertThat(Memory.getFloat(block + 21)).isEqualTo(1.5f);
        assertThat(Memory.getDouble(block + 27)).isEqualTo(-2.25);
        assertThat(Memory.getByte(block + 40)).isEqualTo((byte) -7);
        OffHeap.free(block, 4096, counter);
    }

    @Test
    void copyFillAndCompareAgreeWithArrays() {
        Random random = new Random(0x5eed);
        long block = OffHeap.allocate(8192, counter);
        byte[] bytes = new byte[1000];
        random.nextBytes(bytes);
        Memory.copyIn(bytes, 0, block, 1000);
        Memory.copy(block, block + 2001, 1000);
        assertThat(Memory.toBytes(block + 2001, 1000)).isEqualTo(bytes);
        assertThat(Memory.equal(block, block + 2001, 1000)).isTrue();
        assertThat(Memory.equal(block + 2001, bytes, 0, 1000)).isTrue();
        Memory.putByte(block + 2001 + 777, (byte) (bytes[777] + 1));
        assertThat(Memory.mismatch(block, block + 2001, 1000)).isEqualTo(777);
        assertThat(Memory.equal(block + 2001, bytes, 0, 1000)).isFalse();
        Memory.fill(block, 10, (byte) 9);
        assertThat(Memory.toBytes(block, 11))
                .startsWith(9, 9, 9, 9, 9, 9, 9, 9, 9, 9)
                .endsWith(bytes[10]);
        OffHeap.free(block, 8192, counter);
    }

    @Test
    void blocksAreZeroedAlignedAndCountedUntilFreed() {
        for (long bytes : new long[] {1, 4096, 5000, OffHeap.HUGE_PAGE_BYTES, 3 * OffHeap.HUGE_PAGE_BYTES + 1}) {
            long block = OffHeap.allocate(bytes, counter);
            assertThat(block % (bytes >= OffHeap.HUGE_PAGE_BYTES ? OffHeap.HUGE_PAGE_BYTES : 64))
                    .isZero();
            assertThat(Memory.getByte(block)).isZero();
            assertThat(Memory.getByte(block + bytes - 1)).isZero();
            Memory.putByte(block + bytes - 1, (byte) 1);
            assertThat(counter.bytes()).isEqualTo(OffHeap.footprint(bytes));
            OffHeap.free(block, bytes, counter);
            assertThat(counter.bytes()).isZero();
        }
    }

    @Test
    void accountSumsByPartAndOwnerAndForgetsOnlyWhatIsEmpty() {
        account.counter("a", "rows").add(10);
        account.counter("a", "links").add(5);
        account.counter("b", "rows").add(7);
        assertThat(account.byPart()).containsEntry("rows", 17L).containsEntry("links", 5L);
        assertThat(account.byPart("a")).containsOnlyKeys("rows", "links").containsEntry("rows", 10L);
        assertThat(account.byOwner()).containsEntry("a", 15L).containsEntry("b", 7L);
        assertThat(account.total()).isEqualTo(22);
        account.counter("a", "links").subtract(5);
        account.forget("a");
        assertThat(account.byPart("a")).containsOnlyKeys("rows");
    }
}
