package io.nuthatch.redistests.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Runs the scripts of `clients/`; each client whose tool or library is missing is reported as skipped, with
/// what is missing.
class ClientScriptsTest {
    /// Installing the libraries takes most of it, the first time.
    private static final int TIMEOUT_MINUTES = 6;

    private static Target target;

    @BeforeAll
    static void start() {
        target = Target.open();
    }

    @AfterAll
    static void stop() {
        target.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis-cli", "redis-py", "valkey-glide", "frameworks", "go-redis", "node-redis"})
    void clientMakesItsTour(String client) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of("clients", "run.sh").toString(), "127.0.0.1", Integer.toString(target.port()), client)
                .redirectErrorStream(true)
                .start();
        String output;
        try {
            process.getOutputStream().close();
            output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES))
                    .as(output)
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(output).isZero();
        assumeThat(output).doesNotContain("skipped " + client);
        assertThat(output).contains("ok " + client);
    }
}
