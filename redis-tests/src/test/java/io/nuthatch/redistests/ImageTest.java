package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/// The container image, built by `bin/build-image` and run by the engine that is there. Without an engine it
/// is skipped. Host networking, so that an engine without a bridge will do.
class ImageTest {
    private static final String IMAGE = "nuthatch:test";

    @Test
    void imageServesClientsWithoutRoot() throws Exception {
        assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "no Docker engine here: image not tested");
        build();
        int port = freePort();
        try (GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(IMAGE))) {
            container
                    .withImagePullPolicy(image -> false)
                    .withNetworkMode("host")
                    .withCommand("--port", Integer.toString(port), "--appendonly", "yes", "--aof-engine", "chronicle")
                    .waitingFor(Wait.forLogMessage(".* ready on .*", 1).withStartupTimeout(Duration.ofSeconds(60)))
                    .start();
            try (RespClient client = RespClient.connect(port)) {
                assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
            }
            assertThat(container.getContainerInfo().getConfig().getUser()).isEqualTo("10001:10001");
            assertThat(health(container, port)).isZero();
            assertThat(container
                            .execInContainer(
                                    "/opt/nuthatch/jre/bin/java",
                                    "@/opt/nuthatch/bin/nuthatch-check",
                                    "--verify",
                                    "/data")
                            .getStderr())
                    .contains("is in use by another server");
            assertThat(health(container, freePort())).isNotZero();
        }
    }

    private static long health(GenericContainer<?> container, int port) throws Exception {
        return container
                .execInContainer(
                        "/opt/nuthatch/jre/bin/java",
                        "-cp",
                        "/opt/nuthatch/lib/*",
                        "io.nuthatch.server.HealthCheck",
                        Integer.toString(port))
                .getExitCode();
    }

    private static void build() throws Exception {
        ProcessBuilder script = new ProcessBuilder("bin/build-image", IMAGE)
                .directory(new File("..").getCanonicalFile())
                .inheritIO();
        script.environment().put("NUTHATCH_BUILD", "no"); // Maven has built what is tested.
        Process process = script.start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
