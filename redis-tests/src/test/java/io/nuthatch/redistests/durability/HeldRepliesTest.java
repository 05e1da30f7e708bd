package io.nuthatch.redistests.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.commands.Durability;
import io.nuthatch.engine.Journal;
import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.chronicle.ChronicleLog;
import io.nuthatch.redistests.RespClient;
import io.nuthatch.redistests.TestServer;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// `appendfsync always`, with the disk in the test's hand: when replies go out, and when writes are refused.
class HeldRepliesTest {
    private static final int A_WHILE_MILLIS = 150; // How long a reply must stay away to count as held.

    private final HandJournal journal = new HandJournal(Journal.Policy.ALWAYS);
    private TestServer server;
    private RespClient writer;
    private RespClient reader;

    @BeforeEach
    void start() {
        server = TestServer.start();
        EffectLog effects = new EffectLog(journal);
        server.server().keyspace().setEffects(effects);
        server.server()
                .state()
                .durability()
                .setLog(new Durability.Log(
                        journal,
                        effects,
                        ChronicleLog.in(Path.of("unused"), new MemoryAccount().counter("test", "log"))));
        writer = server.connect();
        reader = server.connect();
    }

    @AfterEach
    void stop() {
        writer.close();
        reader.close();
        server.close();
    }

    private static void assertSilent(RespClient client) {
        client.setTimeout(A_WHILE_MILLIS);
        assertThatThrownBy(client::read).isInstanceOf(UncheckedIOException.class);
        client.setTimeout(30_000);
    }

    private void awaitRecord(long lsn) {
        while (journal.appendedLsn() < lsn) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(journal.appendedLsn()).isEqualTo(lsn);
    }

    @Test
    void aReplyWaitsForTheCommitOfWhatItTellsOf() {
        writer.send("SET", "key", "x");
        writer.send("GET", "key");
        awaitRecord(1);
        assertSilent(writer);
        journal.commit(1);
        assertThat(writer.read()).isEqualTo("OK");
        assertThat(writer.read()).isEqualTo("x");
    }

    @Test
    void whoReadsAnotherClientsWriteWaitsToo() {
        writer.send("SET", "key", "x");
        awaitRecord(1);
        assertSilent(writer);
        reader.send("GET", "key");
        assertSilent(reader);
        journal.commit(1);
        assertThat(reader.read()).isEqualTo("x");
        assertThat(writer.read()).isEqualTo("OK");
    }

    @Test
    void aTransactionAndAnIndexAreOneRecordEach() {
        writer.call("MULTI");
        writer.call("SET", "a", "x");
        writer.call("HSET", "b", "f", "x");
        writer.call("FLUSHDB");
        writer.send("EXEC");
        awaitRecord(1);
        assertSilent(writer);
        journal.commit(1);
        writer.read();
        writer.send("FT.CREATE", "idx", "SCHEMA", "t", "TEXT");
        awaitRecord(2);
        assertSilent(writer);
        journal.commit(2);
        assertThat(writer.read()).isEqualTo("OK");
    }

    @Test
    void whatChangesNothingAppendsNothing() {
        for (Object[] command : new Object[][] {
            {"DEL", "none"},
            {"GETEX", "none", "EX", "5"},
            {"HDEL", "none", "f"},
            {"EXPIRE", "none", "5"},
            {"PERSIST", "none"},
            {"SET", "none", "x", "XX"},
            {"COPY", "none", "other"},
            {"HSETEX", "none", "FXX", "FIELDS", "1", "f", "v"},
        }) {
            writer.call(command);
        }
        assertThat(journal.appendedLsn()).isZero();
    }

    @Test
    void aFullDiskRefusesWritesAndLetsReadsGoOn() {
        writer.send("SET", "key", "x");
        awaitRecord(1);
        assertSilent(writer);
        journal.refuse("No space left on device", false);
        assertThat(reader.call("GET", "key")).isEqualTo("x");
        assertThat(reader.error("SET", "key", "y"))
                .isEqualTo("MISCONF Errors writing to the AOF file: No space left on device");
        assertThat(reader.call("MULTI")).isEqualTo("OK");
        assertThat(reader.error("INCR", "n")).startsWith("MISCONF");
        assertThat(reader.error("EXEC")).startsWith("EXECABORT");
        assertSilent(writer);
        journal.commit(1);
        journal.refuse(null, false);
        assertThat(writer.read()).isEqualTo("OK");
        reader.send("SET", "key", "y");
        journal.commit(2);
        assertThat(reader.read()).isEqualTo("OK");
    }

    @Test
    void afterAFailedSyncNobodyIsToldThatAWriteIsSafe() {
        writer.send("SET", "key", "x");
        awaitRecord(1);
        assertSilent(writer);
        journal.refuse("fsync of 1.log failed", true);
        assertThat(writer.isClosedByServer()).isTrue();
        assertThat(reader.error("SET", "key", "y")).startsWith("MISCONF").contains("restart the server");
        assertThat(reader.call("GET", "key")).isEqualTo("x");
    }

    @Test
    void writersWaitWhileTheDiskIsBehindAndReadersDoNot() {
        journal.setRoom(false);
        writer.send("SET", "key", "x");
        assertSilent(writer);
        assertThat(journal.appendedLsn()).isZero();
        assertThat(reader.call("GET", "key")).isNull();
        journal.setRoom(true);
        awaitRecord(1);
        journal.commit(1);
        assertThat(writer.read()).isEqualTo("OK");
    }

    @Test
    void whileDataIsLoadedOnlyTheServerIsAskedAboutItself() {
        server.server()
                .state()
                .durability()
                .setLoading(new Durability.Loading(server.server().state().startMillis(), () -> 1000, () -> 250));
        assertThat(reader.error("GET", "key")).isEqualTo("LOADING Redis is loading the dataset in memory");
        assertThat(reader.error("FT.SEARCH", "idx", "*")).startsWith("LOADING");
        assertThat(String.valueOf(reader.call("INFO", "persistence")))
                .contains("loading:1\r\n", "loading_total_bytes:1000\r\n", "loading_loaded_perc:25.00\r\n");
        server.server().state().durability().setLoading(null);
        assertThat(reader.call("GET", "key")).isNull();
    }

    @Test
    void closingClientsGetWhatTheyAreOwedFirst() {
        writer.send("SET", "key", "x");
        writer.send("QUIT");
        awaitRecord(1);
        assertSilent(writer);
        journal.commit(1);
        assertThat(writer.read()).isEqualTo("OK");
        assertThat(writer.read()).isEqualTo("OK");
        assertThat(writer.isClosedByServer()).isTrue();
    }
}
