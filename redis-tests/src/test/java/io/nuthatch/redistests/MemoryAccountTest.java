package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// What the server says it uses is what the system says the process holds.
@EnabledOnOs(OS.LINUX)
class MemoryAccountTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int BATCH = 500;
    private static final int DIMENSION = 256;

    /// Of the resident size. Two of them are the estimates of stacks and of the collector's tables.
    private static final double TOLERANCE = 0.05;

    @Test
    void usedMemoryIsTheResidentSizeInEveryState() {
        try (ServerProcess server = ServerProcess.start("--simd", "no");
                RespClient client = server.connect()) {
            check(server, client, "idle");
            long idle = residentBytes(server);
            strings(client, 100_000, 600);
            check(server, client, "strings");
            long loaded = residentBytes(server);
            assertThat(loaded).isGreaterThan(idle + 60_000_000);
            client.call("FLUSHALL");
            check(server, client, "FLUSHALL");
            assertThat(residentBytes(server)).as("memory went back").isLessThan(loaded - 60_000_000);

            for (String attributes : List.of("", "COMPRESSION SQ8")) {
                documents(client, attributes, 20_000);
                check(server, client, "vectors " + attributes);
                long held = residentBytes(server);
                client.call("FT.DROPINDEX", "i", "DD");
                check(server, client, "FT.DROPINDEX");
                assertThat(residentBytes(server)).as("memory went back").isLessThan(held - 15_000_000);
            }
            List<RespClient> readers = new ArrayList<>();
            client.call("SET", "large", "x".repeat(1 << 20));
            for (int i = 0; i < 40; i++) {
                RespClient reader = server.connect();
                readers.add(reader);
                for (int j = 0; j < 8; j++) {
                    reader.send("GET", "large"); // What the system does not take waits in the server.
                }
            }
            check(server, client, "clients that do not read");
            readers.forEach(RespClient::close);
            check(server, client, "clients gone");
        }
    }

    /// The parts are numbers of their own: they add up to the sum, and their owners' growth shows in them.
    @Test
    void partsAddUpToUsedMemory() {
        try (ServerProcess server = ServerProcess.start("--simd", "no");
                RespClient client = server.connect()) {
            String before = info(client);
            strings(client, 50_000, 600);
            String after = info(client);
            assertThat(sum(after, "used_memory_process_") + number(after, "used_memory_off_heap"))
                    .isEqualTo(number(after, "used_memory"));
            assertThat(sum(after, "used_memory_off_heap_")).isEqualTo(number(after, "used_memory_off_heap"));
            assertThat(number(after, "used_memory_off_heap_records") - number(before, "used_memory_off_heap_records"))
                    .isBetween(30_000_000L, 45_000_000L);
            assertThat(number(after, "allocator_allocated")).isLessThanOrEqualTo(number(after, "allocator_active"));
        }
    }

    /// Both figures move while the collector and the compilers work, so the nearest of some looks counts.
    private static void check(ServerProcess server, RespClient client, String state) {
        double best = Double.MAX_VALUE;
        String bestInfo = "";
        for (int i = 0; i < 40 && best > TOLERANCE; i++) {
            pause(i == 0 ? 0 : 250);
            String info = info(client);
            long resident = residentBytes(server);
            double gap = Math.abs(number(info, "used_memory") - resident) / (double) resident;
            if (gap < best) {
                best = gap;
                bestInfo = "resident " + resident + "\n" + info;
            }
        }
        assertThat(best).as("%s: %s", state, bestInfo).isLessThanOrEqualTo(TOLERANCE);
    }

    private static void strings(RespClient client, int count, int bytes) {
        String value = "v".repeat(bytes);
        for (int base = 0; base < count; base += BATCH) {
            for (int i = base; i < base + BATCH; i++) {
                client.send("SET", "key:" + i, value);
            }
            for (int i = 0; i < BATCH; i++) {
                client.read();
            }
        }
    }

    private static void documents(RespClient client, String attributes, int count) {
        List<Object> create = new ArrayList<>(List.of("FT.CREATE", "i", "PREFIX", 1, "doc:", "SCHEMA", "v", "VECTOR"));
        List<String> more = attributes.isEmpty() ? List.of() : List.of(attributes.split(" "));
        create.addAll(List.of("HNSW", 8 + more.size(), "TYPE", "FLOAT32", "DIM", DIMENSION, "DISTANCE_METRIC", "L2"));
        create.addAll(List.of("EF_CONSTRUCTION", 16));
        create.addAll(more);
        assertThat(client.call(create.toArray())).isEqualTo("OK");
        Random random = new Random(SEED);
        for (int base = 0; base < count; base += BATCH) {
            for (int i = base; i < base + BATCH; i++) {
                client.send("HSET", "doc:" + i, "v", vector(random));
            }
            for (int i = 0; i < BATCH; i++) {
                client.read();
            }
        }
    }

    private static byte[] vector(Random random) {
        ByteBuffer bytes = ByteBuffer.allocate(DIMENSION * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < DIMENSION; i++) {
            bytes.putFloat(random.nextFloat());
        }
        return bytes.array();
    }

    static String info(RespClient client) {
        return String.valueOf(client.call("INFO", "memory"));
    }

    static long number(String info, String field) {
        for (String line : info.split("\r\n")) {
            if (line.startsWith(field + ":")) {
                return Long.parseLong(line.substring(field.length() + 1));
            }
        }
        throw new AssertionError("no " + field + " in\n" + info);
    }

    private static long sum(String info, String prefix) {
        long sum = 0;
        for (String line : info.split("\r\n")) {
            if (line.startsWith(prefix)) {
                sum += Long.parseLong(line.substring(line.indexOf(':') + 1));
            }
        }
        return sum;
    }

    static long residentBytes(ServerProcess server) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + server.pid() + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
            throw new AssertionError("no VmRSS");
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException stop) {
            throw new AssertionError(stop);
        }
    }
}
