package io.nuthatch.commands.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.RecordingConnection;
import io.nuthatch.commands.Session;
import io.nuthatch.resp.Args;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlowLogTest {
    private final Session session = RecordingConnection.session(new RecordingConnection());
    private long mostEntries = 3;
    private final SlowLog log = new SlowLog(() -> mostEntries);

    private void add(String... arguments) {
        CommandSpec spec = CommandSpec.named(arguments[0])
                .summary("x")
                .group("server")
                .arity(-1)
                .build();
        log.add(session, spec, Args.of(arguments), 1_500_999, 1_700_000_000_999L);
    }

    private static List<String> texts(SlowLog.Entry entry) {
        return entry.arguments().stream()
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void anEntrySaysWhoAskedForWhatAndHowLongItTook() {
        session.setName("worker");
        add("GET", "key");
        SlowLog.Entry entry = log.newest(1).getFirst();
        assertThat(entry.id()).isZero();
        assertThat(entry.seconds()).isEqualTo(1_700_000_000L);
        assertThat(entry.micros()).isEqualTo(1_500);
        assertThat(entry.address()).isEqualTo("192.0.2.7:1234");
        assertThat(entry.name()).isEqualTo("worker");
        assertThat(texts(entry)).containsExactly("GET", "key");
    }

    @Test
    void theNewestComeFirstAndNumbersGoOnAfterAReset() {
        for (int i = 0; i < 5; i++) {
            add("GET", "key" + i);
        }
        assertThat(log.length()).isEqualTo(3);
        assertThat(log.newest(-1)).extracting(SlowLog.Entry::id).containsExactly(4L, 3L, 2L);
        assertThat(log.newest(2)).extracting(SlowLog.Entry::id).containsExactly(4L, 3L);
        assertThat(log.newest(0)).isEmpty();
        log.reset();
        assertThat(log.length()).isZero();
        add("GET", "key");
        assertThat(log.newest(-1)).extracting(SlowLog.Entry::id).containsExactly(5L);
    }

    @Test
    void aShorterLengthHoldsFromTheNextEntryOn() {
        add("GET", "1");
        add("GET", "2");
        mostEntries = 1;
        add("GET", "3");
        assertThat(log.newest(-1)).hasSize(1);
        mostEntries = 0;
        add("GET", "4");
        assertThat(log.newest(-1)).isEmpty();
    }

    @Test
    void longCommandsAreClippedAsInRedis() {
        String[] many = new String[40];
        Arrays.fill(many, "x");
        many[0] = "MGET";
        add(many);
        List<String> expected = new ArrayList<>(List.of("MGET"));
        expected.addAll(Collections.nCopies(30, "x"));
        expected.add("... (9 more arguments)");
        assertThat(texts(log.newest(1).getFirst())).isEqualTo(expected);

        add(Arrays.copyOf(many, 32));
        assertThat(texts(log.newest(1).getFirst())).hasSize(32).doesNotContain("... (1 more arguments)");

        add("SET", "k", "y".repeat(128));
        assertThat(texts(log.newest(1).getFirst()).get(2)).isEqualTo("y".repeat(128));
        add("SET", "k", "y".repeat(129));
        assertThat(texts(log.newest(1).getFirst()).get(2)).isEqualTo("y".repeat(128) + "... (1 more bytes)");
    }

    @Test
    void secretsAreNeverKept() {
        add("AUTH", "default", "secret");
        assertThat(texts(log.newest(1).getFirst())).containsExactly("AUTH", "(redacted)", "(redacted)");
        add("HELLO", "3", "AUTH", "default", "secret", "SETNAME", "me");
        assertThat(texts(log.newest(1).getFirst()))
                .containsExactly("HELLO", "3", "AUTH", "(redacted)", "(redacted)", "SETNAME", "me");
        add("CONFIG|SET", "SET", "maxmemory", "1", "requirepass", "secret");
        assertThat(texts(log.newest(1).getFirst()))
                .containsExactly("CONFIG|SET", "SET", "maxmemory", "1", "requirepass", "(redacted)");
    }
}
