package io.nuthatch.engine.document;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Values of one field, of documents that are taken up together.
///
/// Only what the field's kind needs is kept: numbers, strings, or that there is a vector. One thread.
final class FieldBatch {
    private static final String[] NO_TEXTS = {};
    private static final double[] NO_NUMBERS = {};

    private final IndexField field;
    private final boolean areTexts;
    private final Ordinals documents = new Ordinals(); // Those that have a value; the arrays go with them.
    private final Ordinals missing = new Ordinals();
    private double[] numbers = NO_NUMBERS;
    private String[] texts = NO_TEXTS;

    FieldBatch(IndexField field) {
        this.field = field;
        this.areTexts = field.text() != null || field.tags() != null || field.sortColumn() != null;
    }

    /// `value` as [IndexField#put] takes it, of a document that has none in the field.
    void add(int ordinal, @Nullable String value) {
        if (value == null) {
            if (field.missing() != null) {
                missing.add(ordinal);
            }
            return;
        }
        int at = documents.count();
        documents.add(ordinal);
        if (field.numbers() != null) {
            if (at == numbers.length) {
                numbers = Arrays.copyOf(numbers, Math.max(256, 2 * at));
            }
            numbers[at] = IndexField.number(value);
        }
        if (areTexts) {
            if (at == texts.length) {
                texts = Arrays.copyOf(texts, Math.max(256, 2 * at));
            }
            texts[at] = value;
        }
    }

    /// Documents with a value.
    int count() {
        return documents.count();
    }

    int ordinal(int at) {
        return documents.get(at);
    }

    double number(int at) {
        return numbers[at];
    }

    String text(int at) {
        return texts[at];
    }

    /// The documents with a value.
    RoaringBitmap documents() {
        return documents.bitmap();
    }

    /// Gives the field what was added; under the space's write lock.
    void take() {
        field.restore(this);
        if (field.missing() != null) {
            field.missing().or(missing.bitmap());
        }
    }
}
