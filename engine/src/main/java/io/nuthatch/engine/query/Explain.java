package io.nuthatch.engine.query;

import io.nuthatch.engine.query.QueryNode.Option;
import io.nuthatch.engine.query.QueryNode.TagValue;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A query as FT.EXPLAIN prints it, in RediSearch's form.
///
/// Threads: any; pure.
public final class Explain {
    /// Tells which other words a word stands for.
    @FunctionalInterface
    public interface Expansions {
        /// @param fields the fields asked for, null for all
        List<String> of(@Nullable List<String> fields, String term);
    }

    private final StringBuilder out = new StringBuilder();
    private final Expansions expansions;

    private Explain(Expansions expansions) {
        this.expansions = expansions;
    }

    /// The text, each line ended by a line feed.
    ///
    /// @param walks how a KNN clause walks at present, behind its options; empty for nothing to say
    public static String explain(Query query, String walks, Expansions expansions) {
        Explain explain = new Explain(expansions);
        Query.Knn knn = query.knn();
        if (knn == null) {
            explain.node(query.filter(), 0, true);
            return explain.out.toString();
        }
        boolean isFiltered = !(query.filter() instanceof QueryNode.All);
        if (isFiltered) {
            explain.line(0, "VECTOR {");
            explain.node(query.filter(), 1, false);
            explain.out.append("} => {");
        } else {
            explain.out.append("VECTOR {");
        }
        explain.out
                .append("K=")
                .append(knn.k())
                .append(" nearest vectors to `$")
                .append(knn.vectorName())
                .append("` in vector index associated with field @")
                .append(knn.field());
        explain.options(knn.options(), knn.distanceName());
        explain.out.append(walks).append("}\n");
        return explain.out.toString();
    }

    private void options(List<Option> options, @Nullable String distanceName) {
        for (Option option : options) {
            out.append(", ").append(option.name()).append(" = ").append(option.value());
        }
        if (distanceName != null) {
            out.append(", yields distance as `").append(distanceName).append('`');
        }
    }

    /// `mayExpand`: RediSearch expands no words below a negation or an option.
    private void node(QueryNode node, int depth, boolean mayExpand) {
        switch (node) {
            case QueryNode.All all -> line(depth, "<WILDCARD>");
            case QueryNode.Nothing nothing -> line(depth, "<empty>");
            case QueryNode.Term term -> term(term, depth, mayExpand);
            case QueryNode.Phrase phrase -> {
                line(depth, scope(phrase.fields()) + "EXACT {");
                for (String word : phrase.terms()) {
                    line(depth + 1, scope(phrase.fields()) + word);
                }
                close(depth, phrase.weight());
            }
            case QueryNode.Affix affix -> {
                String kind = !affix.openStart() ? "PREFIX" : affix.openEnd() ? "INFIX" : "SUFFIX";
                line(
                        depth,
                        scope(affix.fields()) + kind + "{" + (affix.openStart() ? "*" : "") + affix.text()
                                + (affix.openEnd() ? "*" : "") + "}");
            }
            case QueryNode.Fuzzy fuzzy -> line(depth, scope(fuzzy.fields()) + "FUZZY{" + fuzzy.term() + "}");
            case QueryNode.Wildcard wildcard ->
                line(depth, scope(wildcard.fields()) + "WILDCARD{" + wildcard.pattern() + "}");
            case QueryNode.Tag tag -> {
                line(depth, "TAG:@" + tag.field() + " {");
                for (TagValue value : tag.values()) {
                    line(depth + 1, tagValue(value));
                }
                close(depth, tag.weight());
            }
            case QueryNode.Numeric numeric ->
                line(
                        depth,
                        "NUMERIC {" + number(numeric.min()) + (numeric.minInclusive() ? " <= @" : " < @")
                                + numeric.field() + (numeric.maxInclusive() ? " <= " : " < ") + number(numeric.max())
                                + "}");
            case QueryNode.Missing missing -> line(depth, "ISMISSING{" + missing.field() + "}");
            case QueryNode.VectorRange range -> {
                indent(depth);
                out.append("VECTOR {Vectors that are within ")
                        .append(compact(range.radius()))
                        .append(" distance radius from `$")
                        .append(range.vectorName())
                        .append("` in vector index associated with field @")
                        .append(range.field());
                options(range.options(), range.distanceName());
                out.append("}\n");
            }
            case QueryNode.And and -> group("INTERSECT", and.children(), depth, mayExpand, attributes(and));
            case QueryNode.Or or -> group("UNION", or.children(), depth, mayExpand, weight(or.weight()));
            case QueryNode.Not not -> {
                line(depth, "NOT{");
                node(not.child(), depth + 1, false);
                line(depth, "}");
            }
            case QueryNode.Optional optional -> {
                line(depth, "OPTIONAL{");
                node(optional.child(), depth + 1, false);
                line(depth, "}");
            }
        }
    }

    private void term(QueryNode.Term term, int depth, boolean mayExpand) {
        String scope = scope(term.fields());
        List<String> others = term.expand() && mayExpand ? expansions.of(term.fields(), term.term()) : List.of();
        String own = scope + term.term() + (term.weight() == 1 ? "" : " => {$weight: " + compact(term.weight()) + ";}");
        if (others.isEmpty()) {
            line(depth, own);
            return;
        }
        line(depth, scope + "UNION {");
        line(depth + 1, own);
        for (String other : others) {
            line(depth + 1, scope + other + "(expanded)");
        }
        line(depth, "}");
    }

    private void group(String name, List<QueryNode> children, int depth, boolean mayExpand, String attributes) {
        line(depth, scopeOf(children) + name + " {");
        for (QueryNode child : children) {
            node(child, depth + 1, mayExpand);
        }
        line(depth, "}" + attributes);
    }

    /// The scope that all children share, as RediSearch shows it on the group too.
    private static String scopeOf(List<QueryNode> children) {
        String common = null;
        for (QueryNode child : children) {
            String scope = switch (child) {
                case QueryNode.Term n -> scope(n.fields());
                case QueryNode.Phrase n -> scope(n.fields());
                case QueryNode.Affix n -> scope(n.fields());
                case QueryNode.Fuzzy n -> scope(n.fields());
                case QueryNode.Wildcard n -> scope(n.fields());
                case QueryNode.And n -> scopeOf(n.children());
                case QueryNode.Or n -> scopeOf(n.children());
                default -> "";
            };
            if (common != null && !common.equals(scope)) {
                return "";
            }
            common = scope;
        }
        return common == null ? "" : common;
    }

    private static String scope(@Nullable List<String> fields) {
        return fields == null ? "" : "@" + String.join("|", fields) + ":";
    }

    private static String tagValue(TagValue value) {
        return switch (value.match()) {
            case EXACT -> value.text();
            case PREFIX -> "PREFIX{" + value.text() + "*}";
            case SUFFIX -> "SUFFIX{*" + value.text() + "}";
            case INFIX -> "INFIX{*" + value.text() + "*}";
            case WILDCARD -> "WILDCARD{" + value.text() + "}";
        };
    }

    private void close(int depth, double weight) {
        line(depth, "}" + weight(weight));
    }

    private static String weight(double weight) {
        return weight == 1 ? "" : " => { $weight: " + compact(weight) + "; }";
    }

    private static String attributes(QueryNode.And and) {
        StringBuilder all = new StringBuilder();
        if (and.weight() != 1) {
            all.append(" $weight: ").append(compact(and.weight())).append(';');
        }
        if (and.slop() >= 0) {
            all.append(" $slop: ").append(and.slop()).append(';');
        }
        if (and.inOrder()) {
            all.append(" $inorder: true;");
        }
        return all.isEmpty() ? "" : " => {" + all + " }";
    }

    /// C's `%f`.
    private static String number(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        return String.format(Locale.ROOT, "%.6f", value);
    }

    /// C's `%g`, near enough.
    private static String compact(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    private void line(int depth, String text) {
        indent(depth);
        out.append(text).append('\n');
    }

    private void indent(int depth) {
        out.append("  ".repeat(depth));
    }
}
