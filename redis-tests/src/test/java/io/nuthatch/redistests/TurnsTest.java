package io.nuthatch.redistests;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.server.SystemClock;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Connections of one event loop take turns: a long pipeline of slow commands is no pause for the others.
class TurnsTest {
    private static final int COPIES = 300;
    private static final byte[] LARGE = new byte[2 << 20]; // A millisecond or so a copy.

    @Test
    void othersAreServedInTheMiddleOfALongPipeline() {
        try (TestServer server = TestServer.startWith(new SystemClock(), "--io-threads", "1");
                RespClient busy = server.connect();
                RespClient other = server.connect()) {
            busy.call("SET", "large", LARGE);
            ByteArrayOutputStream pipeline = new ByteArrayOutputStream();
            pipeline.writeBytes(RespClient.request("SET", "begun", "yes"));
            for (int i = 0; i < COPIES; i++) {
                pipeline.writeBytes(RespClient.request("COPY", "large", "copy" + i % 2, "REPLACE"));
            }
            pipeline.writeBytes(RespClient.request("SET", "ended", "yes"));
            busy.sendRaw(pipeline.toByteArray());

            List<?> seen;
            do {
                seen = (List<?>) Objects.requireNonNull(other.call("MGET", "begun", "ended"));
            } while (seen.getFirst() == null);
            assertThat(seen).isEqualTo(Arrays.asList("yes", null));

            assertThat(busy.read()).isEqualTo("OK");
            for (int i = 0; i < COPIES; i++) {
                assertThat(busy.read()).isEqualTo(1L);
            }
            assertThat(busy.read()).isEqualTo("OK");
        }
    }
}
