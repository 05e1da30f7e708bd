package io.nuthatch.backup.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.nuthatch.persistence.backup.BackupStore;
import io.nuthatch.persistence.backup.BackupStores;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The store against a server that speaks S3, over a network that breaks.
class S3StoreTest {
    private static final int MIB = 1 << 20;
    private static final int LONG = 2 * MultipartUpload.PART_BYTES + 3 * MIB + 7; // Three parts.

    @TempDir
    static Path folder;

    private static S3Server server;
    private static int places;

    private final byte[] bytes = new byte[LONG];
    private CuttingProxy network;
    private String place;

    @BeforeAll
    static void startServer() throws Exception {
        server = S3Server.start(folder);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void openNetwork() throws IOException {
        network = new CuttingProxy(server.port());
        place = "s3://" + S3Server.BUCKET + "/nightly/" + ++places;
        new Random(7).nextBytes(bytes);
    }

    @AfterEach
    void closeNetwork() throws IOException {
        network.close();
    }

    private BackupStore open() throws IOException {
        return open(place, network.port());
    }

    private static BackupStore open(String place, int port) throws IOException {
        return new BackupStores(null).open(place, S3Server.settings(port));
    }

    private InputStream input(int count) {
        return new ByteArrayInputStream(bytes, 0, count);
    }

    @Test
    void whatIsWrittenIsListedAndReadBack() throws IOException {
        try (BackupStore store = open()) {
            assertThat(store.list()).isEmpty();
            store.write("log/empty", input(0), 0);
            store.write("log/short", input(1000), 1000);
            store.write("checkpoints/part", input(MultipartUpload.PART_BYTES), MultipartUpload.PART_BYTES);
            store.write("checkpoints/long", input(LONG), LONG);
            store.write("log/short", input(999), 999); // Replaces what had the name.
            assertThat(store.list())
                    .isEqualTo(Map.of(
                            "log/empty",
                            0L,
                            "log/short",
                            999L,
                            "checkpoints/part",
                            (long) MultipartUpload.PART_BYTES,
                            "checkpoints/long",
                            (long) LONG));
            for (Map.Entry<String, Long> each : store.list().entrySet()) {
                try (InputStream in = store.read(each.getKey())) {
                    assertThat(in.readAllBytes())
                            .as(each.getKey())
                            .isEqualTo(input(each.getValue().intValue()).readAllBytes());
                }
            }
        }
        try (BackupStore neighbour = open(place + "0", network.port())) {
            assertThat(neighbour.list()).as("another prefix").isEmpty();
        }
    }

    @Test
    void whatWasSentBeforeTheNetworkBrokeIsNotSentAgain() throws IOException {
        network.breakAfterSending(2 * MultipartUpload.PART_BYTES + 2 * MIB); // In the third part.
        try (BackupStore store = open()) {
            assertThatThrownBy(() -> store.write("checkpoints/long", input(LONG), LONG))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot be reached");
            network.heal();
            assertThat(store.list()).as("half of it is nothing").isEmpty();
        }
        long before = network.sent();
        try (BackupStore store = open()) {
            store.write("checkpoints/long", input(LONG), LONG);
            assertThat(network.sent() - before).isBetween(3L * MIB, 4L * MIB);
            try (InputStream in = store.read("checkpoints/long")) {
                assertThat(in.readAllBytes()).isEqualTo(bytes);
            }
        }
    }

    @Test
    void aPartThatChangedMeanwhileIsSentAnew() throws IOException {
        network.breakAfterSending(2 * MultipartUpload.PART_BYTES + 2 * MIB);
        try (BackupStore store = open()) {
            assertThatThrownBy(() -> store.write("checkpoints/long", input(LONG), LONG))
                    .isInstanceOf(IOException.class);
        }
        network.heal();
        bytes[MIB] ^= 1; // In the first part.
        long before = network.sent();
        try (BackupStore store = open()) {
            store.write("checkpoints/long", input(LONG), LONG);
            assertThat(network.sent() - before).isBetween(11L * MIB, 12L * MIB);
            try (InputStream in = store.read("checkpoints/long")) {
                assertThat(in.readAllBytes()).isEqualTo(bytes);
            }
        }
    }

    @Test
    void draftsAreCleared() throws IOException {
        network.breakAfterSending(MultipartUpload.PART_BYTES + 2 * MIB); // In the second part.
        try (BackupStore store = open()) {
            assertThatThrownBy(() -> store.write("checkpoints/long", input(LONG), LONG))
                    .isInstanceOf(IOException.class);
            network.heal();
            store.clearDrafts();
            long before = network.sent();
            store.write("checkpoints/long", input(LONG), LONG);
            assertThat(network.sent() - before).isGreaterThan(LONG);
        }
    }

    @Test
    void readingGoesOnOverANewConnectionWhereOneEndedEarly() throws IOException {
        try (BackupStore store = open()) {
            store.write("checkpoints/long", input(LONG), LONG);
        }
        network.cutAnswersAfter(5 * MIB);
        try (BackupStore store = open();
                InputStream in = store.read("checkpoints/long")) {
            assertThat(in.readAllBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void anInputThatEndsEarlyLeavesNothing() throws IOException {
        try (BackupStore store = open()) {
            assertThatThrownBy(() -> store.write("log/short", input(10), 11))
                    .hasMessage("log/short ends after 10 of 11 bytes");
            assertThatThrownBy(() -> store.write("log/long", input(LONG - 1), LONG))
                    .hasMessageContaining("log/long ends after " + (LONG - 1) + " of " + LONG + " bytes");
            assertThat(store.list()).isEmpty();
        }
    }

    @Test
    void aListOfMoreThanOnePageIsWhole() throws IOException {
        String prefix = "<Contents><Key>" + place.substring(place.indexOf("nightly")) + "/log/";
        String first = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>further"
                + "</NextContinuationToken>" + prefix + "1</Key><Size>11</Size></Contents></ListBucketResult>";
        String second = "<ListBucketResult><IsTruncated>false</IsTruncated>" + prefix
                + "2</Key><Size>22</Size></Contents></ListBucketResult>";
        assertThat(listFrom(query -> new Answer(200, query.contains("continuation-token=further") ? second : first)))
                .isEqualTo(Map.of("log/1", 11L, "log/2", 22L));
    }

    @Test
    void whatCannotBeDoneSaysWhy() throws IOException {
        try (BackupStore store = open("s3://nowhere/x", server.port())) {
            assertThatThrownBy(store::list)
                    .isInstanceOf(IOException.class)
                    .hasMessage("there is no bucket nowhere at " + server.endpoint() + ": make it first");
        }
        try (BackupStore store = open()) {
            assertThatThrownBy(() -> store.read("log/none")).hasMessageContaining("says 404 NoSuchKey");
        }
        int closed = S3Server.freePort();
        try (BackupStore store = open(place, closed)) {
            assertThatThrownBy(store::list)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(S3Server.endpoint(closed) + " cannot be reached: ");
        }
    }

    @Test
    void deniedAndOtherRegionsAndNoCredentialsSayWhatToDo() throws IOException {
        assertThatThrownBy(() -> failFrom(403, "AccessDenied"))
                .hasMessageContaining("access to " + place + " is denied: the credentials must allow s3:ListBucket")
                .hasMessageContaining("says 403 AccessDenied: because")
                .hasMessageNotContaining(S3Server.Secret.TEXT);
        assertThatThrownBy(() -> failFrom(400, "AuthorizationHeaderMalformed"))
                .hasMessageContaining("is in another region: set backup-s3-region");
        assertThatThrownBy(() -> failFrom(418, "Teapot")).hasMessageContaining("says 418 Teapot: because");
        String secret = System.clearProperty("aws.secretAccessKey");
        try (BackupStore store = open()) {
            assertThatThrownBy(store::list)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("there are no credentials for " + place);
        } finally {
            System.setProperty("aws.secretAccessKey", secret);
        }
    }

    private void failFrom(int status, String code) throws IOException {
        listFrom(query -> new Answer(status, "<Error><Code>" + code + "</Code><Message>because</Message></Error>"));
    }

    private record Answer(int status, String body) {}

    /// What is listed at a storage that gives these answers to queries.
    private Map<String, Long> listFrom(Function<String, Answer> answers) throws IOException {
        HttpServer storage = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        storage.createContext("/", exchange -> {
            Answer answer = answers.apply(exchange.getRequestURI().getRawQuery());
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        storage.start();
        try (BackupStore store = open(place, storage.getAddress().getPort())) {
            return store.list();
        } finally {
            storage.stop(0);
        }
    }
}
