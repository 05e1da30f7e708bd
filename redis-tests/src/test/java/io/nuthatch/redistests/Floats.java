package io.nuthatch.redistests;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Vectors as commands take them.
public final class Floats {
    private Floats() {}

    /// FLOAT32, little endian.
    public static byte[] bytes(float... vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return bytes.array();
    }
}
