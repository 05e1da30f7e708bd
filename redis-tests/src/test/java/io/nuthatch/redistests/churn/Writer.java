package io.nuthatch.redistests.churn;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.Floats;
import io.nuthatch.redistests.RespClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// A client that changes documents of its own at a steady pace and knows what each must be: new vectors under
/// old keys, keys that go while others come, and changes that leave the vector alone. Every other key drifts.
///
/// Threads: one at a time.
final class Writer implements AutoCloseable {
    private static final int BATCH = 64;

    final List<Document> live = new ArrayList<>();
    private final VectorSource vectors;
    private final RespClient client;
    private final Random random;
    private final List<String> gone = new ArrayList<>();
    long vectorsWritten;

    /// `count` documents at any time, of twice as many keys.
    Writer(int number, int count, VectorSource vectors, RespClient client, Random random) {
        this.vectors = vectors;
        this.client = client;
        this.random = random;
        for (int i = 0; i < 2 * count; i++) {
            gone.add("d:" + number + ":" + i);
        }
    }

    /// Writes the first `count` documents.
    void fill(int count) {
        for (int at = 0; at < count; at += BATCH) {
            int batch = Math.min(BATCH, count - at);
            for (int i = 0; i < batch; i++) {
                Document document = make(take(gone), 0);
                client.sendRaw(hset(document));
                live.add(document);
            }
            for (int i = 0; i < batch; i++) {
                assertThat(client.read()).isEqualTo(3L);
            }
        }
    }

    /// One change at `phase` of the drift's cycle; the number of documents stays.
    void step(double phase) {
        int choice = random.nextInt(100);
        if (choice < 60) {
            int at = random.nextInt(live.size());
            Document document = make(live.get(at).key(), phase);
            client.sendRaw(hset(document));
            assertThat(client.read()).as("fields added to " + document.key()).isEqualTo(0L);
            live.set(at, document);
        } else if (choice < 90) {
            Document removed = take(live);
            assertThat(client.call("DEL", removed.key())).isEqualTo(1L);
            Document document = make(take(gone), phase);
            client.sendRaw(hset(document));
            assertThat(client.read()).as("fields of " + document.key()).isEqualTo(3L);
            gone.add(removed.key());
            live.add(document);
        } else {
            int at = random.nextInt(live.size());
            Document old = live.get(at);
            Document document = new Document(old.key(), old.vector(), old.tag(), random.nextInt(Document.NUMBERS));
            assertThat(client.call("HSET", document.key(), "n", document.number()))
                    .isEqualTo(0L);
            live.set(at, document);
        }
    }

    private Document make(String key, double phase) {
        boolean isDrifting = key.charAt(key.length() - 1) % 2 == 0;
        float[] vector = isDrifting ? vectors.drifting(random, phase) : vectors.any(random);
        vectorsWritten++;
        return new Document(key, vector, random.nextInt(Document.TAGS), random.nextInt(Document.NUMBERS));
    }

    private static byte[] hset(Document document) {
        return RespClient.request(
                "HSET",
                document.key(),
                "g",
                "t" + document.tag(),
                "n",
                document.number(),
                "v",
                Floats.bytes(document.vector()));
    }

    private <T> T take(List<T> list) {
        int at = random.nextInt(list.size());
        T taken = list.get(at);
        list.set(at, list.getLast());
        list.removeLast();
        return taken;
    }

    @Override
    public void close() {
        client.close();
    }
}
