package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.engine.kernel.NativeKernel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Settings that a process obeys once, when it starts.
class ProcessSettingsTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int VECTORS = 1_500;
    private static final int DIMENSION = 40;

    @Test
    void answersAreTheSameWithoutVectorInstructionsAndHugePages() {
        List<String> fast = neighbours("yes");
        List<String> plain = neighbours("no");
        assertThat(plain).as("seed %d", SEED).isEqualTo(fast);
    }

    /// Keys of the nearest ten of several queries, found by a scan, from a server with or without both.
    private static List<String> neighbours(String isFast) {
        try (ServerProcess server = ServerProcess.start("--simd", isFast, "--huge-pages", isFast);
                RespClient client = server.connect()) {
            String info = String.valueOf(client.call("INFO", "search"));
            if (isFast.equals("no")) {
                assertThat(info).contains("search_simd_bits:0\r\n");
            } else {
                assertThat(info).containsPattern("search_simd_bits:(128|256|512)\r\n");
            }
            client.call(
                    "FT.CREATE",
                    "i",
                    "SCHEMA",
                    "v",
                    "VECTOR",
                    "FLAT",
                    "6",
                    "TYPE",
                    "FLOAT32",
                    "DIM",
                    "" + DIMENSION,
                    "DISTANCE_METRIC",
                    "L2");
            Random random = new Random(SEED);
            for (int i = 0; i < VECTORS; i++) {
                client.call("HSET", "d:" + i, "v", vector(random));
            }
            StringBuilder found = new StringBuilder();
            for (int i = 0; i < 20; i++) {
                found.append(client.call(
                        "FT.SEARCH", "i", "*=>[KNN 10 @v $b]", "NOCONTENT", "PARAMS", "2", "b", vector(random)));
                found.append('\n');
            }
            return found.toString().lines().toList();
        }
    }

    private static byte[] vector(Random random) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * DIMENSION).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < DIMENSION; i++) {
            bytes.putFloat((float) random.nextGaussian());
        }
        return bytes.array();
    }

    /// The engine's `NativeWalkTest` compares what both answer.
    @Test
    void theNativeKernelCanBeSwitchedOff() {
        try (ServerProcess server = ServerProcess.start("--native-kernel", "no");
                RespClient client = server.connect()) {
            assertThat(String.valueOf(client.call("INFO", "search"))).contains("search_kernel:java\r\n");
        }
        try (ServerProcess server = ServerProcess.start();
                RespClient client = server.connect()) {
            String expected = NativeKernel.isOn() ? "search_kernel:native-" : "search_kernel:java\r\n";
            assertThat(String.valueOf(client.call("INFO", "search"))).contains(expected);
        }
    }

    @Test
    void badValueStopsTheStartWithAWord() {
        assertThatThrownBy(() -> ServerProcess.start("--simd", "maybe").close())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("simd")
                .hasMessageContaining("maybe");
    }
}
