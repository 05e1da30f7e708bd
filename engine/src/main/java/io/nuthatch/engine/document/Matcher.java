package io.nuthatch.engine.document;

import io.nuthatch.engine.query.QueryNode;
import io.nuthatch.engine.query.QueryNode.TagValue;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.text.TextPostings;
import io.nuthatch.engine.text.TextPostings.Term;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Turns a filter into the exact set of its documents.
///
/// Every clause becomes a bitmap of ordinals and the operators set operations on them, so that the count is
/// exact and two ways to write one filter come out equal. A field that is not in the schema, or of another
/// kind than the clause needs, matches nothing (as in RediSearch 2.10).
///
/// Bitmaps that come out of here may be those of the postings: nobody may write to them, and they are valid
/// while the space's read lock is held. It rests between documents that are read one by one, as its [Pace]
/// allows; sets from before and after a rest are of different times. Threads: one; under that lock.
final class Matcher {
    private final SearchIndex index;
    private final boolean verbatim;
    private final @Nullable Set<String> inFields;
    private final Map<QueryNode.VectorRange, VectorRangeHits> ranges;
    private final Pace pace;

    /// `ranges` holds what the vector indexes found for each VECTOR_RANGE of the query, found without the
    /// lock.
    Matcher(
            SearchIndex index,
            boolean verbatim,
            @Nullable Set<String> inFields,
            Map<QueryNode.VectorRange, VectorRangeHits> ranges,
            Pace pace) {
        this.index = index;
        this.verbatim = verbatim;
        this.inFields = inFields;
        this.ranges = ranges;
        this.pace = pace;
    }

    /// The documents that match `node`.
    RoaringBitmap match(QueryNode node) {
        pace.step();
        return switch (node) {
            case QueryNode.All all -> index.documents();
            case QueryNode.Nothing nothing -> new RoaringBitmap();
            case QueryNode.And and -> matchAll(and);
            case QueryNode.Or or -> {
                Union union = new Union();
                for (QueryNode child : or.children()) {
                    union.add(match(child));
                }
                yield union.result();
            }
            case QueryNode.Not not -> RoaringBitmap.andNot(index.documents(), match(not.child()));
            case QueryNode.Optional optional -> index.documents();
            case QueryNode.Term term -> matchTerms(term.fields(), term);
            case QueryNode.Affix affix -> matchTerms(affix.fields(), affix);
            case QueryNode.Fuzzy fuzzy -> matchTerms(fuzzy.fields(), fuzzy);
            case QueryNode.Wildcard wildcard -> matchTerms(wildcard.fields(), wildcard);
            case QueryNode.Phrase phrase -> {
                Union union = new Union();
                for (IndexField field : textFields(phrase.fields())) {
                    TextPostings text = field.text();
                    if (text != null) {
                        union.add(text.phrase(phrase.terms(), pace::stepAndRest));
                    }
                }
                yield union.result();
            }
            case QueryNode.Tag tag -> matchTag(tag);
            case QueryNode.Numeric numeric -> {
                IndexField field = index.field(numeric.field());
                NumericPostings numbers = field == null || !field.spec().isIndexed() ? null : field.numbers();
                yield numbers == null
                        ? new RoaringBitmap()
                        : numbers.range(numeric.min(), numeric.minInclusive(), numeric.max(), numeric.maxInclusive());
            }
            case QueryNode.Missing missing -> {
                IndexField field = index.field(missing.field());
                if (field == null) {
                    yield new RoaringBitmap();
                }
                RoaringBitmap without = field.missing();
                if (without == null) {
                    throw SearchException.of(
                            "'ismissing' requires field '%s' to be defined with 'INDEXMISSING'", missing.field());
                }
                yield without;
            }
            case QueryNode.VectorRange range -> {
                VectorRangeHits hits = ranges.get(range);
                yield hits == null ? new RoaringBitmap() : RoaringBitmap.and(hits.ordinals(), index.documents());
            }
        };
    }

    private RoaringBitmap matchAll(QueryNode.And and) {
        if (and.slop() >= 0 || and.inOrder()) {
            throw new SearchException("SLOP and INORDER are not supported yet");
        }
        List<RoaringBitmap> parts = new ArrayList<>();
        List<RoaringBitmap> without = new ArrayList<>();
        for (QueryNode child : and.children()) {
            if (child instanceof QueryNode.Not not) {
                without.add(match(not.child()));
            } else if (!(child instanceof QueryNode.Optional)) {
                RoaringBitmap part = match(child);
                if (part.isEmpty()) {
                    return new RoaringBitmap();
                }
                parts.add(part);
            }
        }
        parts.sort(Comparator.comparingLong(RoaringBitmap::getLongCardinality)); // The smallest first.
        RoaringBitmap result = parts.isEmpty() ? index.documents() : parts.getFirst();
        for (int i = 1; i < parts.size() && !result.isEmpty(); i++) {
            result = RoaringBitmap.and(result, parts.get(i));
        }
        for (RoaringBitmap part : without) {
            result = RoaringBitmap.andNot(result, part);
        }
        return result;
    }

    private RoaringBitmap matchTag(QueryNode.Tag tag) {
        IndexField field = index.field(tag.field());
        TagPostings tags = field == null ? null : field.tags();
        if (tags == null) {
            return new RoaringBitmap();
        }
        Union union = new Union();
        for (TagValue value : tag.values()) {
            tags.find(value, union, pace::step);
        }
        return union.result();
    }

    private RoaringBitmap matchTerms(@Nullable List<String> fields, QueryNode node) {
        Union union = new Union();
        forEachTerm(fields, node, (field, term) -> union.add(term.documents()));
        return union.result();
    }

    /// Hands every word of the dictionaries that a clause of one word stands for to `sink`, with its field.
    void forEachTerm(@Nullable List<String> fields, QueryNode node, BiConsumer<IndexField, Term> sink) {
        for (IndexField field : textFields(fields)) {
            TextPostings text = field.text();
            if (text == null) {
                continue;
            }
            switch (node) {
                case QueryNode.Term term -> {
                    for (String form : forms(text, term)) {
                        Term found = text.term(form);
                        if (found != null) {
                            sink.accept(field, found);
                        }
                    }
                }
                case QueryNode.Affix affix -> {
                    String part = affix.text();
                    if (part.length() < 2) {
                        continue; // RediSearch's MINPREFIX.
                    }
                    List<Term> found = !affix.openStart()
                            ? text.withPrefix(part)
                            : affix.openEnd()
                                    ? text.matching(words(word -> word.contains(part)))
                                    : text.matching(words(word -> word.endsWith(part)));
                    found.forEach(term -> sink.accept(field, term));
                }
                case QueryNode.Fuzzy fuzzy ->
                    text.matching(words(word -> Patterns.isWithin(fuzzy.term(), word, fuzzy.distance())))
                            .forEach(term -> sink.accept(field, term));
                case QueryNode.Wildcard wildcard ->
                    text.matching(words(word -> Patterns.matches(wildcard.pattern(), word)))
                            .forEach(term -> sink.accept(field, term));
                case QueryNode.Phrase phrase -> {
                    for (String word : phrase.terms()) {
                        Term found = text.term(word);
                        if (found != null) {
                            sink.accept(field, found);
                        }
                    }
                }
                default -> throw new AssertionError(node);
            }
        }
    }

    /// The condition of a scan of a dictionary, under the clock.
    private Predicate<String> words(Predicate<String> condition) {
        return word -> {
            pace.step();
            return condition.test(word);
        };
    }

    /// The word itself and, where stems count, the stem's entry and the stem as a word.
    private Set<String> forms(TextPostings text, QueryNode.Term term) {
        Set<String> forms = new HashSet<>();
        forms.add(term.term());
        if (term.expand() && !verbatim) {
            String stem = text.stem(term.term());
            if (stem != null) {
                forms.add("+" + stem);
                forms.add(stem);
            }
        }
        return forms;
    }

    /// The TEXT fields among `names`; all that may be searched when null.
    List<IndexField> textFields(@Nullable List<String> names) {
        List<IndexField> found = new ArrayList<>();
        for (IndexField field : index.fields()) {
            if (field.text() == null) {
                continue;
            }
            String name = field.spec().name();
            if (names == null ? inFields == null || inFields.contains(name) : names.contains(name)) {
                found.add(field);
            }
        }
        return found;
    }
}
