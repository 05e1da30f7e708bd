package io.nuthatch.engine.document;

import io.nuthatch.engine.query.QueryNode;
import io.nuthatch.engine.text.TextPostings;
import io.nuthatch.engine.text.TextPostings.Term;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.FastAggregation;
import org.roaringbitmap.RoaringBitmap;

/// How well a document fits the words of a query: BM25 as RediSearch computes it, or its TFIDF.
///
/// `Σ idf · f · (k1 + 1) / (f + k1 · (1 - b + b · length / average))` over the words of the query, where `f`
/// and lengths count each word as often as its field's weight says (rounded down, at least once), over all
/// TEXT fields together, and `idf = ln(1 + (N - n + 0.5) / (n + 0.5))`. Groups multiply by their weight.
/// Tags, numbers and `*` add nothing: they say whether, not how well. [Robertson & Zaragoza 2009; constants
/// read off RediSearch's EXPLAINSCORE]
///
/// Threads: one; under the space's read lock.
final class TextScorer {
    private static final double K1 = 1.2;
    private static final double B = 0.5;
    private static final double UNMATCHED = -1;

    /// A word of the query, over all TEXT fields.
    private static final class Leaf {
        final Map<IndexField, Term> terms = new HashMap<>();
        double idf;
        double frequency; // In the present document.

        int number(IndexField field) {
            Term term = terms.get(field);
            return term == null ? -1 : term.number();
        }
    }

    /// A clause: words of its own, clauses below it, and how they make its score.
    private record Clause(List<Leaf> leaves, List<Clause> children, boolean needsAll, double weight) {
        boolean isEmpty() {
            return leaves.isEmpty() && children.isEmpty();
        }
    }

    private final SearchIndex index;
    private final Matcher matcher;
    private final SearchRequest.Scorer scorer;
    private final Map<String, Leaf> leaves = new LinkedHashMap<>(); // By word.
    private final @Nullable Clause root;
    private final List<IndexField> fields;
    private final Leaf[] all;
    private final int[][] numbers; // By field: the numbers of its words among the leaves, ascending.
    private final Leaf[][] leafOf; // By field: the leaf of each of them.
    private final int[] counts;
    private final double averageLength;

    TextScorer(SearchIndex index, Matcher matcher, QueryNode query, SearchRequest.Scorer scorer) {
        this.index = index;
        this.matcher = matcher;
        this.scorer = scorer;
        this.root = clause(query);
        this.fields = allTextFields();
        this.all = leaves.values().toArray(new Leaf[0]);
        this.numbers = new int[fields.size()][];
        this.leafOf = new Leaf[fields.size()][];
        for (int f = 0; f < fields.size(); f++) {
            IndexField field = fields.get(f);
            List<Leaf> present = new ArrayList<>();
            for (Leaf leaf : all) {
                if (leaf.terms.containsKey(field)) {
                    present.add(leaf);
                }
            }
            present.sort(Comparator.comparingInt(leaf -> leaf.number(field)));
            leafOf[f] = present.toArray(new Leaf[0]);
            numbers[f] = present.stream().mapToInt(leaf -> leaf.number(field)).toArray();
        }
        this.counts = new int[all.length];
        long documents = index.documents().getLongCardinality();
        double length = 0;
        for (IndexField field : fields) {
            TextPostings text = field.text();
            length += text == null ? 0 : text.tokens() * multiplier(field);
        }
        this.averageLength = documents == 0 || length == 0 ? 1 : length / documents;
        for (Leaf leaf : all) {
            leaf.idf = idf(leaf, documents);
        }
    }

    /// Whether any word of the query can make one document better than another.
    boolean scores() {
        return root != null && !leaves.isEmpty();
    }

    /// The document's score, at least 0.
    double score(int ordinal) {
        if (root == null) {
            return 0;
        }
        for (Leaf leaf : all) {
            leaf.frequency = 0;
        }
        double length = 0;
        int[] maxCount = new int[1];
        double highest = 0;
        for (int f = 0; f < fields.size(); f++) {
            IndexField field = fields.get(f);
            TextPostings text = field.text();
            if (text == null) {
                continue;
            }
            int multiplier = multiplier(field);
            maxCount[0] = 0;
            length += (double) text.counts(ordinal, numbers[f], counts, maxCount) * multiplier;
            highest = Math.max(highest, (double) maxCount[0] * multiplier);
            Leaf[] present = leafOf[f];
            for (int i = 0; i < present.length; i++) {
                present[i].frequency += (double) counts[i] * multiplier;
            }
        }
        double score = score(root, length);
        if (scorer == SearchRequest.Scorer.TFIDF) {
            score /= 1 + highest;
        }
        return score <= 0 ? 0 : score * index.definition().score();
    }

    private double score(Clause clause, double length) {
        double sum = 0;
        boolean matched = false;
        for (Leaf leaf : clause.leaves) {
            if (leaf.frequency == 0) {
                if (clause.needsAll) {
                    return UNMATCHED;
                }
                continue;
            }
            matched = true;
            sum += scorer == SearchRequest.Scorer.TFIDF
                    ? leaf.frequency * leaf.idf
                    : leaf.idf
                            * leaf.frequency
                            * (K1 + 1)
                            / (leaf.frequency + K1 * (1 - B + B * length / averageLength));
        }
        for (Clause child : clause.children) {
            double part = score(child, length);
            if (part >= 0) {
                matched = true;
                sum += part;
            } else if (clause.needsAll) {
                return UNMATCHED;
            }
        }
        return matched ? sum * clause.weight : UNMATCHED;
    }

    private double idf(Leaf leaf, long documents) {
        List<RoaringBitmap> parts = new ArrayList<>();
        leaf.terms.values().forEach(term -> parts.add(term.documents().bitmap()));
        long n = parts.size() == 1
                ? parts.getFirst().getLongCardinality()
                : FastAggregation.or(parts.iterator()).getLongCardinality();
        if (scorer == SearchRequest.Scorer.TFIDF) {
            return Math.getExponent(1 + (documents + 1.0) / Math.max(1, n));
        }
        return Math.log(1 + (documents - n + 0.5) / (n + 0.5));
    }

    private List<IndexField> allTextFields() {
        List<IndexField> all = new ArrayList<>();
        for (IndexField field : index.fields()) {
            if (field.text() != null) {
                all.add(field);
            }
        }
        return all;
    }

    private static int multiplier(IndexField field) {
        return field.spec().type() instanceof FieldType.Text text ? Math.max(1, (int) text.weight()) : 1;
    }

    /// The clause of a node; null when nothing in it scores.
    private @Nullable Clause clause(QueryNode node) {
        return switch (node) {
            case QueryNode.Term term -> words(term.fields(), term, false, term.weight());
            case QueryNode.Affix affix -> words(affix.fields(), affix, false, affix.weight());
            case QueryNode.Fuzzy fuzzy -> words(fuzzy.fields(), fuzzy, false, fuzzy.weight());
            case QueryNode.Wildcard wildcard -> words(wildcard.fields(), wildcard, false, wildcard.weight());
            case QueryNode.Phrase phrase -> words(phrase.fields(), phrase, true, phrase.weight());
            case QueryNode.And and -> group(and.children(), true, and.weight());
            case QueryNode.Or or -> group(or.children(), false, or.weight());
            case QueryNode.Optional optional -> group(List.of(optional.child()), false, optional.weight());
            default -> null;
        };
    }

    private @Nullable Clause group(List<QueryNode> nodes, boolean needsAll, double weight) {
        List<Clause> children = new ArrayList<>();
        boolean needs = needsAll;
        for (QueryNode node : nodes) {
            Clause child = clause(node);
            if (child != null && !child.isEmpty()) {
                children.add(child);
                needs &= !(node instanceof QueryNode.Optional);
            }
        }
        return children.isEmpty() ? null : new Clause(List.of(), children, needs, weight);
    }

    private @Nullable Clause words(@Nullable List<String> scope, QueryNode node, boolean needsAll, double weight) {
        Map<String, Leaf> own = new LinkedHashMap<>();
        matcher.forEachTerm(scope, node, (field, term) -> own.computeIfAbsent(term.text(), this::leaf));
        return own.isEmpty() ? null : new Clause(List.copyOf(own.values()), List.of(), needsAll, weight);
    }

    /// RediSearch counts a word over all TEXT fields even where the clause names some.
    private Leaf leaf(String word) {
        return leaves.computeIfAbsent(word, text -> {
            Leaf leaf = new Leaf();
            for (IndexField field : index.fields()) {
                TextPostings postings = field.text();
                Term term = postings == null ? null : postings.term(text);
                if (term != null) {
                    leaf.terms.put(field, term);
                }
            }
            return leaf;
        });
    }
}
