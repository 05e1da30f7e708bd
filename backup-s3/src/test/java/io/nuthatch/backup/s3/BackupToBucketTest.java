package io.nuthatch.backup.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.server.NuthatchServer;
import io.nuthatch.server.ServerOptions;
import io.nuthatch.server.SystemClock;
import io.nuthatch.server.config.ServerConfig;
import io.nuthatch.tools.restore.RestoreCommand;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;

/// A server's backup in a bucket and back, by `NUTHATCH.BACKUP` and `bin/nuthatch-restore`.
class BackupToBucketTest {
    private static final String PLACE = "s3://" + S3Server.BUCKET + "/";

    @TempDir
    static Path folder;

    private static S3Server storage;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void startStorage() throws Exception {
        storage = S3Server.start(folder);
    }

    @AfterAll
    static void stopStorage() {
        storage.close();
    }

    private static NuthatchServer start(String name, int storagePort) throws Exception {
        Path data = Files.createDirectories(folder.resolve(name));
        ServerConfig config = ServerConfig.of(
                List.of(
                        "--dir",
                        data.toString(),
                        "--save",
                        "",
                        "--warm-up",
                        "no",
                        "--appendonly",
                        "yes",
                        "--backup-s3-endpoint",
                        S3Server.endpoint(storagePort)),
                InputStream.nullInputStream());
        ServerOptions options = ServerOptions.defaults().withPort(0).withFolder(data);
        return NuthatchServer.start(options, config, new SystemClock(), new SystemClock(), List.of());
    }

    private static Jedis connect(NuthatchServer server) {
        return new Jedis("127.0.0.1", server.port(), 30_000);
    }

    private static Object backup(Jedis client, String... arguments) {
        return client.sendCommand(() -> "NUTHATCH.BACKUP".getBytes(StandardCharsets.US_ASCII), arguments);
    }

    private static Map<String, String> info(Jedis client) {
        Map<String, String> fields = new HashMap<>();
        for (String line : client.info("persistence").split("\r\n")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return fields;
    }

    /// The fields when no backup is under way any more.
    private static Map<String, String> awaitEnd(Jedis client) throws InterruptedException {
        Map<String, String> fields = info(client);
        while (fields.get("backup_in_progress").equals("1")) {
            Thread.sleep(20);
            fields = info(client);
        }
        return fields;
    }

    private int restore(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        String[] all = Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--s3-endpoint";
        all[arguments.length + 1] = storage.endpoint();
        return new CommandLine(new RestoreCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(all);
    }

    private static Map<String, String> everything(Jedis client) {
        Map<String, String> all = new HashMap<>();
        for (String key : client.keys("*")) {
            all.put(key, client.get(key));
        }
        return all;
    }

    @Test
    void takenWhileClientsWriteAndBroughtBackToARecord() throws Exception {
        try (NuthatchServer server = start("live", storage.port());
                Jedis client = connect(server)) {
            for (int i = 1; i <= 500; i++) {
                client.set("key:" + i % 50, "value " + i);
            }
            client.save();
            AtomicInteger written = new AtomicInteger(500);
            Thread writer = Thread.ofVirtual().start(() -> {
                try (Jedis own = connect(server)) {
                    for (int i = 501; i <= 5000; i++) {
                        own.set("key:" + i % 50, "value " + i);
                        written.set(i);
                    }
                }
            });
            while (written.get() < 1000) {
                Thread.sleep(1);
            }
            assertThat(backup(client, "TO", PLACE + "load"))
                    .isEqualTo("Background backup started".getBytes(StandardCharsets.US_ASCII));
            Map<String, String> fields = awaitEnd(client);
            assertThat(fields).doesNotContainKey("backup_last_error").containsEntry("backup_last_status", "ok");
            writer.join();
            assertThat(client.configGet("*").toString() + client.slowlogGet() + client.info())
                    .doesNotContain(S3Server.Secret.TEXT);
            backup(client, "TO", PLACE + "load");
            assertThat(awaitEnd(client).get("backup_last_error"))
                    .isEqualTo(PLACE + "load holds a backup already: name another place");
            long last = Long.parseLong(fields.get("backup_last_lsn"));
            long first = Long.parseLong(fields.get("backup_last_first_lsn"));
            assertThat(first).isGreaterThanOrEqualTo(500);
            assertThat(last).isGreaterThanOrEqualTo(1000);
            for (long lsn : new long[] {first, (first + last) / 2, last}) {
                assertThat(restore(PLACE + "load", folder.resolve("to-" + lsn).toString(), "--to-lsn", "" + lsn))
                        .as(() -> err.toString())
                        .isZero();
                Map<String, String> expected = new HashMap<>();
                for (int i = 1; i <= lsn; i++) {
                    expected.put("key:" + i % 50, "value " + i);
                }
                try (NuthatchServer restored = start("to-" + lsn, storage.port());
                        Jedis its = connect(restored)) {
                    assertThat(everything(its)).as("record %d", lsn).isEqualTo(expected);
                }
            }
            assertThat(restore(PLACE + "load", folder.resolve("beyond").toString(), "--to-lsn", "999999"))
                    .isEqualTo(1);
            assertThat(err.toString()).contains("record 999999 is not in reach: " + PLACE + "load goes from record");
        }
    }

    @Test
    void halfSentItIsNoBackupAndTheNextTryGoesOn() throws Exception {
        try (CuttingProxy network = new CuttingProxy(storage.port());
                NuthatchServer server = start("broken", network.port());
                Jedis client = connect(server)) {
            byte[] value = new byte[1 << 20];
            for (int i = 0; i < 30; i++) {
                new Random(i).nextBytes(value);
                client.set(("key:" + i).getBytes(StandardCharsets.US_ASCII), value);
            }
            client.save(); // A file of 30 MB, which goes in four parts; as does the log.
            network.breakAfterSending(20 << 20);
            backup(client, "TO", PLACE + "broken");
            assertThat(awaitEnd(client))
                    .containsEntry("backup_last_status", "err")
                    .extractingByKey("backup_last_error")
                    .asString()
                    .contains("cannot be reached");
            assertThat(client.get("key:1")).as("the server goes on").isNotNull();
            assertThat(restore(PLACE + "broken", folder.resolve("half").toString()))
                    .isEqualTo(1);
            assertThat(err.toString()).contains("holds no whole backup: there is no file backup in it");
            network.heal();
            long before = network.sent();
            backup(client, "TO", PLACE + "broken");
            assertThat(awaitEnd(client)).containsEntry("backup_last_status", "ok");
            assertThat(network.sent() - before)
                    .as("of 60 MB, two parts were there")
                    .isBetween(40L << 20, 48L << 20);
            assertThat(restore(PLACE + "broken", folder.resolve("whole").toString()))
                    .as(() -> err.toString())
                    .isZero();
            try (NuthatchServer restored = start("whole", storage.port());
                    Jedis its = connect(restored)) {
                for (int i = 0; i < 30; i++) {
                    new Random(i).nextBytes(value);
                    assertThat(its.get(("key:" + i).getBytes(StandardCharsets.US_ASCII)))
                            .isEqualTo(value);
                }
            }
        }
    }

    @Test
    void whatCannotBeginSaysWhy() throws Exception {
        try (NuthatchServer server = start("refusing", storage.port());
                Jedis client = connect(server)) {
            assertThat(refusal(client, "s3://user:geheim@bucket/x"))
                    .contains("no credentials in an address")
                    .doesNotContain("geheim");
            assertThat(refusal(client, "s3://UPPER/x")).contains("'UPPER' is no name of a bucket");
            client.configSet("backup-s3-endpoint", "nowhere");
            assertThat(refusal(client, PLACE + "x")).contains("backup-s3-endpoint is no address such as");
            client.configSet("backup-s3-endpoint", storage.endpoint());
            backup(client, "TO", "s3://no-such-bucket/x");
            assertThat(awaitEnd(client).get("backup_last_error"))
                    .isEqualTo("there is no bucket no-such-bucket at " + storage.endpoint() + ": make it first");
        }
    }

    private static String refusal(Jedis client, String place) {
        try {
            return "no refusal but " + backup(client, "TO", place);
        } catch (JedisDataException refused) {
            return String.valueOf(refused.getMessage());
        }
    }
}
