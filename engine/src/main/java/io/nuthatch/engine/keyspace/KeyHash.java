package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.memory.Memory;
import java.security.SecureRandom;

/// A seeded 64-bit hash of bytes, in the manner of wyhash: 16 bytes a step through a 64 x 64 to 128 bit
/// multiplication.
///
/// The seed is drawn once per process, so that nobody can prepare keys that collide;
/// `-Dnuthatch.hashSeed=<number>` fixes it for tests.
public final class KeyHash {
    private static final long SEED = seed();
    // All three are secret: a factor that can be made zero from outside would let keys collide at will.
    private static final long P0 = mix(SEED ^ 0xa0761d6478bd642fL, 0xe7037ed1a0b428dbL) | 1;
    private static final long P1 = mix(P0, 0x8ebc6af09c88c6e3L) | 1;
    private static final long P2 = mix(P1, 0x589965cc75374cc3L) | 1;

    private KeyHash() {}

    /// The hash of `length` bytes at `address`.
    public static long of(long address, int length) {
        long state = SEED;
        long a;
        long b;
        if (length >= 16) {
            int i = 0;
            for (; i + 16 < length; i += 16) {
                state = mix(Memory.getLong(address + i) ^ P1, Memory.getLong(address + i + 8) ^ state);
            }
            a = Memory.getLong(address + length - 16);
            b = Memory.getLong(address + length - 8);
        } else if (length >= 8) {
            a = Memory.getLong(address);
            b = Memory.getLong(address + length - 8);
        } else if (length >= 4) {
            a = Memory.getInt(address) & 0xffffffffL;
            b = Memory.getInt(address + length - 4) & 0xffffffffL;
        } else if (length > 0) {
            a = (Memory.getByte(address) & 0xffL) << 16
                    | (Memory.getByte(address + (length >> 1)) & 0xffL) << 8
                    | Memory.getByte(address + length - 1) & 0xffL;
            b = 0;
        } else {
            a = 0;
            b = 0;
        }
        long low = (a ^ P1) * (b ^ state);
        long high = Math.unsignedMultiplyHigh(a ^ P1, b ^ state);
        return mix(low ^ P0 ^ length, high ^ P2 ^ SEED);
    }

    private static long mix(long a, long b) {
        return a * b ^ Math.unsignedMultiplyHigh(a, b);
    }

    private static long seed() {
        Long fixed = Long.getLong("nuthatch.hashSeed");
        return fixed != null ? fixed : new SecureRandom().nextLong();
    }
}
