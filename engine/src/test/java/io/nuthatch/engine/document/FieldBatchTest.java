package io.nuthatch.engine.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.query.QueryNode.TagValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

/// A field that is given its documents together says of them what one says that was given each by itself,
/// then and after every later change.
class FieldBatchTest {
    private static final long SEED = Long.getLong("nuthatch.seed", 0x5eed);
    private static final int DOCUMENTS = 40_000;

    private final Random random = new Random(SEED);
    private final MemoryAccount account = new MemoryAccount();

    private IndexField field(FieldType type, FieldSpec.Flag... flags) {
        FieldSpec spec = new FieldSpec("f", "f", type, Set.of(flags));
        return new IndexField(spec, IndexDefinition.of("i", List.of("d:"), List.of(spec)), null, account);
    }

    /// Most of the values in batches of random size and order, the rest one by one behind
    /// [IndexField#settle].
    private void fill(IndexField batched, IndexField single, List<@Nullable String> values) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            order.add(i);
            single.put(i, values.get(i));
        }
        Collections.shuffle(order, random);
        int together = DOCUMENTS - 50;
        for (int at = 0; at < together; ) {
            FieldBatch batch = new FieldBatch(batched);
            for (int end = Math.min(together, at + 1 + random.nextInt(5_000)); at < end; at++) {
                batch.add(order.get(at), values.get(order.get(at)));
            }
            batch.take();
        }
        batched.settle();
        for (int ordinal : order.subList(together, DOCUMENTS)) {
            batched.put(ordinal, values.get(ordinal));
        }
    }

    private interface Check {
        void run(IndexField batched, IndexField single);
    }

    private void compare(List<@Nullable String> values, FieldType type, Check check, FieldSpec.Flag... flags) {
        try (IndexField batched = field(type, flags);
                IndexField single = field(type, flags)) {
            fill(batched, single, values);
            check.run(batched, single);
            for (int step = 0; step < 20_000; step++) {
                int ordinal = random.nextInt(values.size());
                String value = values.get(random.nextInt(values.size()));
                batched.put(ordinal, value);
                single.put(ordinal, value);
            }
            check.run(batched, single);
            for (int ordinal = 0; ordinal < values.size(); ordinal++) {
                batched.remove(ordinal);
            }
            assertThat(batched.missing() == null || batched.missing().isEmpty()).isTrue();
        }
        assertThat(account.total()).describedAs("seed %d", SEED).isZero();
    }

    @Test
    void numbersAreFoundInEveryRange() {
        List<@Nullable String> values = new ArrayList<>();
        for (int i = 0; i < DOCUMENTS; i++) {
            values.add(
                    switch (random.nextInt(8)) {
                        case 0 -> null;
                        case 1, 2 -> "7"; // One value with more documents than a bucket holds.
                        case 3 -> random.nextBoolean() ? "-inf" : "-0";
                        default -> String.valueOf(random.nextInt(100_000) - 50_000);
                    });
        }
        compare(values, new FieldType.Numeric(), (batched, single) -> {
            assertThat(batched.numbers().count()).isEqualTo(single.numbers().count());
            for (int round = 0; round < 300; round++) {
                double min = round % 10 == 0 ? Double.NEGATIVE_INFINITY : random.nextInt(120_000) - 60_000;
                double max = round % 10 == 1 ? Double.POSITIVE_INFINITY : min + random.nextInt(30_000);
                if (round % 10 == 2) {
                    min = 7;
                    max = random.nextBoolean() ? 7 : 8;
                }
                boolean open = random.nextBoolean();
                RoaringBitmap found = batched.numbers().range(min, open, max, !open);
                assertThat(found)
                        .describedAs("seed %d: %s %s..%s", SEED, open, min, max)
                        .isEqualTo(single.numbers().range(min, open, max, !open));
            }
        });
    }

    @Test
    void oneNumberForAllAndNoneAtAll() {
        compare(Collections.nCopies(DOCUMENTS, "-inf"), new FieldType.Numeric(), (batched, single) -> {
            assertThat(batched.numbers().range(-1, true, 1, true)).isEqualTo(new RoaringBitmap());
            double low = Double.NEGATIVE_INFINITY;
            assertThat(batched.numbers().range(low, true, 0, true))
                    .isEqualTo(single.numbers().range(low, true, 0, true));
        });
        compare(
                Collections.nCopies(DOCUMENTS, null),
                new FieldType.Numeric(),
                (batched, single) -> assertThat(batched.numbers().count()).isZero());
    }

    @Test
    void tagsAndWhatHasNone() {
        List<@Nullable String> values = new ArrayList<>();
        for (int i = 0; i < DOCUMENTS; i++) {
            values.add(
                    switch (random.nextInt(6)) {
                        case 0 -> null;
                        case 1 -> "Red, t" + random.nextInt(3) + ",, red";
                        case 2 -> "only" + i;
                        case 3 -> " ,";
                        default -> "t" + random.nextInt(20);
                    });
        }
        Check check = (batched, single) -> {
            assertThat(batched.tags().values()).isEqualTo(single.tags().values());
            assertThat(batched.tags().records()).isEqualTo(single.tags().records());
            for (String tag : List.of("red", "t0", "t7", "only17", "none")) {
                assertThat(find(batched, tag))
                        .describedAs("seed %d: %s", SEED, tag)
                        .isEqualTo(find(single, tag));
            }
            assertThat(batched.missing()).isEqualTo(single.missing());
            for (int i = 0; i < DOCUMENTS; i += 17) {
                assertThat(batched.sortColumn().get(i))
                        .isEqualTo(single.sortColumn().get(i));
            }
        };
        compare(values, FieldType.Tag.DEFAULT, check, FieldSpec.Flag.INDEXMISSING, FieldSpec.Flag.SORTABLE);
    }

    private static RoaringBitmap find(IndexField field, String tag) {
        Union union = new Union();
        field.tags().find(new TagValue(TagValue.Match.EXACT, tag), union, () -> {});
        return union.result();
    }
}
