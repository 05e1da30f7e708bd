package io.nuthatch.tools.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.vector.VectorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The `.npy` files were written by NumPy; see `make_vectors.py` beside them: -2 to 9 in rows of three.
class VectorFileTest {
    private static final float[] FROM_MINUS_TWO = {-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    private static final float[] FROM_ZERO = {0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"float16", "float32", "float64", "int8", "uint8", "big-endian", "version-2", "version-3"})
    void arraysOfNumPyAreReadInEveryType(String name) throws IOException {
        try (RowReader rows = VectorFile.npy(golden(name), type -> VectorType.FLOAT32, "v")) {
            assertThat(floats(rows)).containsExactly(name.equals("uint8") ? FROM_ZERO : FROM_MINUS_TWO);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "fortran; the array is in Fortran order",
                "flat; the array has 1 dimensions",
                "int32; components of type '<i4'"
            })
    void otherArraysAreRefusedByName(String name, String message) throws IOException {
        try (FileInput in = golden(name)) {
            assertThatThrownBy(() -> VectorFile.npy(in, type -> type, "v"))
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessageContaining(message);
        }
    }

    @ParameterizedTest
    @EnumSource(VectorType.class)
    void componentsBecomeTheTypeThatWasAskedFor(VectorType to) throws IOException {
        try (RowReader rows = VectorFile.npy(golden("float32"), type -> to, "v")) {
            Row row = new Row();
            assertThat(rows.next(row)).isTrue();
            byte[] back = new VectorBytes(to, VectorType.FLOAT32).of(row.value(0));
            assertThat(row.value(0)).hasSize(3 * to.bytes());
            assertThat(array(back))
                    .containsExactly(to == VectorType.UINT8 ? new float[] {0, 0, 0} : new float[] {-2, -1, 0});
        } catch (BadItemException bad) {
            throw new AssertionError(bad);
        }
    }

    @Test
    void vecsAndBinsAreRead() throws IOException {
        ByteBuffer fvecs = little(2 * 12)
                .putInt(2)
                .putFloat(1)
                .putFloat(2)
                .putInt(2)
                .putFloat(3)
                .putFloat(4);
        ByteBuffer bvecs = little(2 * 6)
                .putInt(2)
                .put((byte) 1)
                .put((byte) 200)
                .putInt(2)
                .put((byte) 3)
                .put((byte) 4);
        ByteBuffer fbin = little(24)
                .putInt(2)
                .putInt(2)
                .putFloat(1)
                .putFloat(2)
                .putFloat(3)
                .putFloat(4);
        ByteBuffer u8bin = little(12)
                .putInt(2)
                .putInt(2)
                .put((byte) 1)
                .put((byte) 200)
                .put((byte) 3)
                .put((byte) 4);
        assertThat(floats(vecs(fvecs, VectorType.FLOAT32))).containsExactly(1, 2, 3, 4);
        assertThat(floats(vecs(bvecs, VectorType.UINT8))).containsExactly(1, 200, 3, 4);
        assertThat(floats(bin(fbin, VectorType.FLOAT32))).containsExactly(1, 2, 3, 4);
        assertThat(floats(bin(u8bin, VectorType.UINT8))).containsExactly(1, 200, 3, 4);
        assertThat(floats(bin(u8bin, VectorType.INT8))).containsExactly(1, -56, 3, 4);
        assertThat(floats(vecs(little(0), VectorType.FLOAT32))).isEmpty();
    }

    @Test
    void aSkipGoesToItsRow() throws IOException, BadItemException {
        ByteBuffer fvecs = little(3 * 8);
        for (int i = 0; i < 3; i++) {
            fvecs.putInt(1).putFloat(i);
        }
        RowReader rows = vecs(fvecs, VectorType.FLOAT32);
        rows.skip(2);
        Row row = new Row();
        assertThat(rows.next(row)).isTrue();
        assertThat(row.number()).isEqualTo(2);
        assertThat(array(row.value(0))).containsExactly(2);
        assertThat(rows.next(row)).isFalse();
        rows.close();
        RowReader past = vecs(fvecs, VectorType.FLOAT32);
        past.skip(4);
        assertThat(past.next(row)).isFalse();
        past.close();
    }

    @Test
    void aTornFileIsRefusedBeforeItsFirstVector() throws IOException {
        byte[] npy = Files.readAllBytes(Sources.GOLDEN.resolve("vectors-float32.npy"));
        for (int length = 0; length < npy.length; length++) {
            try (FileInput in = Sources.file(folder, Arrays.copyOf(npy, length))) {
                assertThatThrownBy(() -> VectorFile.npy(in, type -> type, "v"))
                        .as("cut at %d", length)
                        .isInstanceOf(MalformedFileException.class)
                        .hasMessageMatching(".*: offset \\d+: .+");
            }
        }
        byte[] fvecs = little(24)
                .putInt(2)
                .putFloat(1)
                .putFloat(2)
                .putInt(2)
                .putFloat(3)
                .putFloat(4)
                .array();
        for (int length = 1; length < fvecs.length; length++) {
            if (length == 12) {
                continue; // A whole vector.
            }
            try (FileInput in = Sources.file(folder, Arrays.copyOf(fvecs, length))) {
                assertThatThrownBy(() -> VectorFile.vecs(in, VectorType.FLOAT32, VectorType.FLOAT32, "v"))
                        .as("cut at %d", length)
                        .isInstanceOf(MalformedFileException.class);
            }
        }
    }

    @Test
    void hostileHeadsAllocateNothing() {
        for (ByteBuffer head : new ByteBuffer[] {
            little(8).putInt(-1).putInt(4),
            little(8).putInt(1).putInt(-4),
            little(8).putInt(1).putInt(0),
            little(8).putInt(1).putInt(32_769),
            little(8).putInt(Integer.MAX_VALUE).putInt(32_768)
        }) {
            assertThatThrownBy(() -> bin(head, VectorType.FLOAT32)).isInstanceOf(MalformedFileException.class);
        }
        assertThatThrownBy(() -> vecs(little(8).putInt(1 << 30).putInt(4), VectorType.FLOAT32))
                .isInstanceOf(MalformedFileException.class);
        assertThatThrownBy(() ->
                        floats(vecs(little(20).putInt(1).putFloat(1).putInt(2).putFloat(1), VectorType.FLOAT32)))
                .isInstanceOf(MalformedFileException.class);
        assertThatThrownBy(() -> VectorFile.npy(
                        Sources.stream("\u0093NUMPY\u0002\0\u00ff\u00ff\u00ff\u007f"), type -> type, "v"))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("a head of 2147483647 bytes");
        String shape = "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3), }";
        assertThatThrownBy(() -> VectorFile.npy(
                        Sources.stream("\u0093NUMPY\u0001\0" + (char) shape.length() + "\0" + shape),
                        type -> type,
                        "v"))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("is no number of rows");
    }

    private RowReader vecs(ByteBuffer bytes, VectorType from) throws IOException {
        return VectorFile.vecs(Sources.file(folder, bytes.array()), from, VectorType.FLOAT32, "v");
    }

    private RowReader bin(ByteBuffer bytes, VectorType from) throws IOException {
        return VectorFile.bin(Sources.file(folder, bytes.array()), from, VectorType.FLOAT32, "v");
    }

    private static FileInput golden(String name) throws IOException {
        return FileInput.open(Sources.GOLDEN.resolve("vectors-" + name + ".npy"));
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// The components of all rows, one behind the other.
    private static float[] floats(RowReader rows) throws IOException {
        float[] all = new float[0];
        Row row = new Row();
        try {
            while (rows.next(row)) {
                float[] next = array(row.value(0));
                all = Arrays.copyOf(all, all.length + next.length);
                System.arraycopy(next, 0, all, all.length - next.length, next.length);
                assertThat(row.name(0).getBytes(StandardCharsets.UTF_8)).hasSize(1);
            }
        } catch (BadItemException bad) {
            throw new AssertionError(bad);
        }
        return all;
    }

    private static float[] array(byte[] bytes) {
        float[] floats = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }
}
