package io.nuthatch.redistests.churn;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.redistests.Floats;
import io.nuthatch.redistests.RespClient;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The searches of a run, and their truth: a comparison with every document.
final class Questions {
    static final int K = 10;

    /// What else a hit must be than near.
    enum Kind {
        ALL,
        HALF,
        TAG,
        RARE;

        /// The share of the documents that match, in percent.
        int percent() {
            return switch (this) {
                case ALL -> 100;
                case HALF -> 50;
                case TAG -> 100 / Document.TAGS;
                case RARE -> 1;
            };
        }
    }

    /// One search: `tag` and `low` say which documents a filter of the kind lets through.
    record Question(Kind kind, float[] query, int tag, int low) {
        static Question any(Random random, Kind kind, float[] query) {
            return new Question(kind, query, random.nextInt(Document.TAGS), random.nextInt(Document.NUMBERS / 2));
        }

        String filter() {
            String tagged = "@g:{t" + tag + "}";
            return switch (kind) {
                case ALL -> "*";
                case HALF -> "@n:[" + low + " " + (low + Document.NUMBERS / 2 - 1) + "]";
                case TAG -> tagged;
                case RARE -> "(" + tagged + " @n:[" + low + " " + (low + Document.NUMBERS / 5 - 1) + "])";
            };
        }

        boolean matches(Document document) {
            return switch (kind) {
                case ALL -> true;
                case HALF -> isWithin(document.number(), Document.NUMBERS / 2);
                case TAG -> document.tag() == tag;
                case RARE -> document.tag() == tag && isWithin(document.number(), Document.NUMBERS / 5);
            };
        }

        private boolean isWithin(int number, int width) {
            return number >= low && number < low + width;
        }
    }

    private Questions() {}

    /// Asks an index; the reply as it comes.
    static @Nullable Object ask(RespClient client, String index, Question question) {
        return client.call(
                "FT.SEARCH",
                index,
                question.filter() + "=>[KNN " + K + " @v $q AS d]",
                "PARAMS",
                2,
                "q",
                Floats.bytes(question.query()),
                "RETURN",
                1,
                "d",
                "LIMIT",
                0,
                K,
                "DIALECT",
                2);
    }

    /// The distances of a query to all documents, for [#recall]; one of each question's.
    static float[] distances(float[] query, VectorSource vectors, List<Document> documents) {
        float[] distances = new float[documents.size()];
        for (int i = 0; i < distances.length; i++) {
            distances[i] = vectors.distance(query, documents.get(i).vector());
        }
        return distances;
    }

    /// The share of the true nearest that a reply has, after it was checked: as many hits as there can be,
    /// all of them live and matching, with their distances, nearest first. `places` says where in `documents`
    /// and `distances` a key is.
    static double recall(
            @Nullable Object reply,
            Question question,
            List<Document> documents,
            Map<String, Integer> places,
            float[] distances) {
        float[] matching = new float[distances.length];
        int count = 0;
        for (int i = 0; i < distances.length; i++) {
            if (question.matches(documents.get(i))) {
                matching[count++] = distances[i];
            }
        }
        int wanted = Math.min(K, count);
        assertThat(reply).as("reply to " + question.filter()).isInstanceOf(List.class);
        List<?> list = (List<?>) Objects.requireNonNull(reply);
        assertThat(list).as("hits of " + question.filter()).hasSize(1 + 2 * wanted);
        if (wanted == 0) {
            return 1;
        }
        Arrays.sort(matching, 0, count);
        double worst = matching[wanted - 1] + 1e-4 * (1 + Math.abs(matching[wanted - 1]));
        Set<String> seen = new HashSet<>();
        double previous = Double.NEGATIVE_INFINITY;
        int right = 0;
        for (int i = 1; i < list.size(); i += 2) {
            String key = (String) Objects.requireNonNull(list.get(i));
            Integer place = places.get(key);
            assertThat(place).as(key + " is live").isNotNull();
            int at = Objects.requireNonNull(place);
            assertThat(question.matches(documents.get(at)))
                    .as(key + " matches " + question.filter())
                    .isTrue();
            assertThat(seen.add(key)).as(key + " is there once").isTrue();
            List<?> fields = (List<?>) Objects.requireNonNull(list.get(i + 1));
            double distance = Double.parseDouble((String) fields.get(1));
            assertThat(Math.abs(distance - distances[at]))
                    .as("distance of " + key)
                    .isLessThan(1e-3 * (1 + Math.abs(distances[at])));
            assertThat(distance).as("nearest first").isGreaterThanOrEqualTo(previous);
            previous = distance;
            right += distance <= worst ? 1 : 0;
        }
        return (double) right / wanted;
    }
}
