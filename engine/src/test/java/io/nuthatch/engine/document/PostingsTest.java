package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.query.QueryNode.TagValue;
import io.nuthatch.engine.text.Blocks;
import io.nuthatch.engine.text.OrdinalSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

class PostingsTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);

    private final MemoryAccount account = new MemoryAccount();

    @Test
    void rangesAreExactOverManyBuckets() {
        Random random = new Random(SEED);
        try (NumericPostings postings = new NumericPostings(account.counter("i", "postings"))) {
            double[] model = new double[60_000];
            Arrays.fill(model, Double.NaN);
            for (int step = 0; step < 150_000; step++) {
                int ordinal = random.nextInt(model.length);
                double value = switch (random.nextInt(8)) {
                    case 0 -> Double.NaN;
                    case 1 -> 7; // One value with more documents than a bucket holds.
                    case 2 -> random.nextBoolean() ? Double.POSITIVE_INFINITY : -0.0;
                    default -> random.nextInt(100_000) - 50_000;
                };
                postings.put(ordinal, value);
                model[ordinal] = value;
                if (step % 15_000 == 0) {
                    askRanges(postings, model, random, 10);
                }
            }
            askRanges(postings, model, random, 200);
            for (int ordinal = 0; ordinal < model.length; ordinal += 1 + random.nextInt(3)) { // Few are left.
                postings.put(ordinal, Double.NaN);
                model[ordinal] = Double.NaN;
            }
            askRanges(postings, model, random, 50);
        }
        assertThat(account.total()).isZero();
    }

    private static void askRanges(NumericPostings postings, double[] model, Random random, int rounds) {
        for (int round = 0; round < rounds; round++) {
            double min = round == 0 ? Double.NEGATIVE_INFINITY : random.nextInt(120_000) - 60_000;
            double max = round < 2 ? Double.POSITIVE_INFINITY : min + random.nextInt(round % 3 == 0 ? 90_000 : 3_000);
            if (round % 10 == 3) {
                min = 7;
                max = 7;
            }
            boolean minInclusive = random.nextInt(3) > 0;
            boolean maxInclusive = random.nextInt(3) > 0;
            RoaringBitmap expected = new RoaringBitmap();
            for (int i = 0; i < model.length; i++) {
                double value = model[i];
                if ((minInclusive ? value >= min : value > min) && (maxInclusive ? value <= max : value < max)) {
                    expected.add(i);
                }
            }
            assertThat(postings.range(min, minInclusive, max, maxInclusive))
                    .describedAs("seed %d: %s%s..%s%s", SEED, minInclusive, min, max, maxInclusive)
                    .isEqualTo(expected);
        }
    }

    private static RoaringBitmap find(TagPostings postings, TagValue wanted) {
        Union union = new Union();
        postings.find(wanted, union, () -> {});
        return union.result();
    }

    @Test
    void tagsAreSplitTrimmedAndLoweredAsRediSearchDoes() {
        try (TagPostings tags = new TagPostings(FieldType.Tag.DEFAULT, false, account.counter("i", "postings"));
                TagPostings exact =
                        new TagPostings(new FieldType.Tag(';', true), true, account.counter("i", "postings"))) {
            tags.put(1, " Red , blue,, RED");
            assertThat(tags.values()).containsExactly("blue", "red");
            tags.put(1, "green");
            assertThat(tags.values()).containsExactly("green");
            tags.put(1, null);
            assertThat(tags.values()).isEmpty();
            assertThat(tags.records()).isZero();
            exact.put(1, "Red;red, x");
            exact.put(2, "");
            assertThat(exact.values()).containsExactly("", "Red", "red, x");
            assertThat(find(exact, new TagValue(TagValue.Match.EXACT, "")).toArray())
                    .containsExactly(2);
            assertThat(find(exact, new TagValue(TagValue.Match.INFIX, "ed")).toArray())
                    .containsExactly(1);
            assertThat(find(exact, new TagValue(TagValue.Match.WILDCARD, "?e*x"))
                            .toArray())
                    .containsExactly(1);
        }
    }

    @Test
    void ordinalSetsAgreeWithSetsInBothForms() {
        Random random = new Random(SEED);
        OrdinalSet set = new OrdinalSet();
        TreeSet<Integer> model = new TreeSet<>();
        for (int step = 0; step < 20_000; step++) {
            int ordinal = random.nextInt(step % 1000 < 500 ? 12 : 6);
            if (random.nextBoolean()) {
                assertThat(set.add(ordinal)).isEqualTo(model.add(ordinal));
            } else {
                assertThat(set.remove(ordinal)).isEqualTo(model.remove(ordinal));
            }
            assertThat(set.count()).isEqualTo(model.size());
            assertThat(set.contains(ordinal)).isEqualTo(model.contains(ordinal));
            assertThat(set.bitmap().toArray())
                    .isEqualTo(model.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    @Test
    void blocksKeepTheirBytesAndAreUsedAgain() {
        Random random = new Random(SEED);
        MemoryAccount.Counter counter = account.counter("i", "blocks");
        try (Blocks blocks = new Blocks(counter)) {
            Map<Long, byte[]> model = new HashMap<>();
            long most = 0;
            for (int step = 0; step < 50_000; step++) {
                if (model.size() < 500 || random.nextBoolean() && model.size() < 1000) {
                    byte[] bytes = new byte[random.nextInt(100) == 0 ? random.nextInt(40_000) : random.nextInt(400)];
                    random.nextBytes(bytes);
                    assertThat(model.put(blocks.put(bytes, 0, bytes.length), bytes))
                            .isNull();
                } else {
                    List<Long> all = new ArrayList<>(model.keySet());
                    long address = all.get(random.nextInt(all.size()));
                    assertThat(Blocks.bytes(address)).isEqualTo(model.remove(address));
                    blocks.free(address);
                }
                if (step == 25_000) {
                    most = counter.bytes();
                }
            }
            assertThat(counter.bytes()).isLessThan(2 * most);
            model.forEach((address, bytes) -> assertThat(Blocks.bytes(address)).isEqualTo(bytes));
        }
        assertThat(counter.bytes()).isZero();
    }

    @Test
    void wordsWithinADistanceAreFound() {
        assertThat(Patterns.isWithin("hello", "hallo", 1)).isTrue();
        assertThat(Patterns.isWithin("hello", "hell", 1)).isTrue();
        assertThat(Patterns.isWithin("hello", "hal", 1)).isFalse();
        assertThat(Patterns.isWithin("hello", "help", 2)).isTrue();
        assertThat(Patterns.matches("a*c?", "abbcd")).isTrue();
        assertThat(Patterns.matches("a\\*", "ab")).isFalse();
        assertThat(Patterns.matches("*".repeat(50) + "x", "a".repeat(5_000))).isFalse();
    }
}
