package io.nuthatch.engine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.memory.Memory;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HashSlotTest {
    /// From Redis's `CLUSTER KEYSLOT`.
    @Test
    void slotsAreThoseOfRedisCluster() {
        assertThat(slot("123456789")).isEqualTo(0x31c3 & 16383);
        assertThat(slot("foo")).isEqualTo(12182);
        assertThat(slot("bar")).isEqualTo(5061);
        assertThat(slot("")).isZero();
    }

    @Test
    void onlyTheFirstTagThatIsNotEmptyCounts() {
        assertThat(slot("{user1000}.following")).isEqualTo(slot("user1000"));
        assertThat(slot("a long prefix before it {user1000}.followers")).isEqualTo(slot("user1000"));
        assertThat(slot("foo{{bar}}zap")).isEqualTo(slot("{bar"));
        assertThat(slot("foo{bar}{zap}")).isEqualTo(slot("bar"));
        assertThat(slot("foo{}{bar}")).isNotEqualTo(slot("bar")).isEqualTo(bitwise("foo{}{bar}"));
        assertThat(slot("foo{bar")).isEqualTo(bitwise("foo{bar"));
    }

    @Test
    void nativeAndArrayFormsAgreeWithTheBitwiseDefinition() {
        Random random = new Random(0x5eed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(60)];
            for (int b = 0; b < bytes.length; b++) {
                bytes[b] = (byte) (random.nextInt(4) == 0 ? "{}".charAt(random.nextInt(2)) : random.nextInt());
            }
            assertThat(Key.copyOf(bytes).hashSlot()).isEqualTo(HashSlot.of(bytes));
            for (int b = 0; b < bytes.length; b++) {
                bytes[b] = (byte) (bytes[b] == '{' ? '_' : bytes[b]);
            }
            assertThat(HashSlot.of(bytes)).isEqualTo(crc16(bytes) & 16383);
            assertThat(Key.copyOf(bytes).hashSlot()).isEqualTo(crc16(bytes) & 16383);
        }
    }

    @Test
    void hashesOfOneBitApartDifferInHalfTheirBits() {
        Random random = new Random(0x5eed);
        for (int length = 1; length < 70; length++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            Key key = Key.copyOf(bytes);
            long hash = key.hash();
            int differing = 0;
            for (int bit = 0; bit < length * 8; bit++) {
                long at = key.address() + (bit >>> 3);
                Memory.putByte(at, (byte) (Memory.getByte(at) ^ 1 << (bit & 7)));
                long other = new Key().set(key.address(), length).hash();
                Memory.putByte(at, (byte) (Memory.getByte(at) ^ 1 << (bit & 7)));
                assertThat((int) (other >>> 32)).isNotEqualTo((int) (hash >>> 32));
                differing += Long.bitCount(hash ^ other);
            }
            assertThat(differing / (length * 8.0)).isBetween(25.0, 39.0);
        }
    }

    private static int slot(String key) {
        int slot = HashSlot.of(key.getBytes(StandardCharsets.UTF_8));
        assertThat(Key.copyOf(key).hashSlot()).isEqualTo(slot);
        return slot;
    }

    private static int bitwise(String key) {
        return crc16(key.getBytes(StandardCharsets.UTF_8)) & 16383;
    }

    private static int crc16(byte[] bytes) {
        int crc = 0;
        for (byte b : bytes) {
            crc ^= (b & 0xff) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
            }
            crc &= 0xffff;
        }
        return crc;
    }
}
