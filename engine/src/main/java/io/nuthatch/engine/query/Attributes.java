package io.nuthatch.engine.query;

import io.nuthatch.engine.query.QueryNode.Option;
import io.nuthatch.engine.query.Token.Kind;
import io.nuthatch.engine.text.ByteStrings;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the attributes behind a clause, `=>{$name: value; …}`, and gives them to its node.
///
/// Threads: one.
final class Attributes {
    private static final int MAX_OPTIONS = 16;

    private final TokenReader tokens;

    Attributes(TokenReader tokens) {
        this.tokens = tokens;
    }

    /// `node` with the attributes of a following `=>{…}`.
    @Nullable
    QueryNode attributed(@Nullable QueryNode node) {
        QueryNode result = node;
        while (tokens.at(Kind.ARROW) && tokens.braceFollows()) {
            for (Option attribute : read()) {
                result = result == null ? null : with(result, attribute);
            }
        }
        return result;
    }

    /// `=>{$name: value; …}`, with the names as written.
    List<Option> read() {
        tokens.expect(Kind.ARROW);
        tokens.expect(Kind.LEFT_BRACE);
        List<Option> attributes = new ArrayList<>();
        while (!tokens.at(Kind.RIGHT_BRACE)) {
            if (!tokens.at(Kind.PARAMETER)) {
                throw tokens.syntaxError();
            }
            String name = tokens.text();
            tokens.advance();
            tokens.expect(Kind.COLON);
            add(attributes, new Option(name, tokens.optionValue()));
            if (!tokens.at(Kind.RIGHT_BRACE)) {
                tokens.expect(Kind.SEMICOLON);
            }
        }
        tokens.advance();
        return attributes;
    }

    private static QueryNode with(QueryNode node, Option attribute) {
        String name = ByteStrings.lower(attribute.name());
        String value = attribute.value();
        if (name.equals("weight")) {
            double weight = Numbers.parse(value);
            if (Double.isNaN(weight) || Double.isInfinite(weight) || weight < 0) {
                throw SearchException.of("Invalid value (%s) for `weight`", value);
            }
            return node.weighted(weight);
        }
        if (node instanceof QueryNode.VectorRange range) {
            if (name.equals("yield_distance_as")) {
                return new QueryNode.VectorRange(
                        range.field(), range.radius(), range.vectorName(), range.options(), value, range.weight());
            }
            if (isVectorOption(name)) {
                List<Option> options = new ArrayList<>(range.options());
                add(options, attribute);
                return new QueryNode.VectorRange(
                        range.field(),
                        range.radius(),
                        range.vectorName(),
                        List.copyOf(options),
                        range.distanceName(),
                        range.weight());
            }
        }
        if (name.equals("slop") || name.equals("inorder")) {
            return proximity(node, name, value);
        }
        if (name.equals("phonetic")) {
            throw new SearchException("field does not support phonetics");
        }
        throw SearchException.of("Invalid attribute %s", attribute.name());
    }

    private static QueryNode proximity(QueryNode node, String name, String value) {
        if (name.equals("slop")) {
            double slop = Numbers.parse(value);
            if (!(slop >= -1 && slop <= 1_000_000) || slop != Math.rint(slop)) {
                throw SearchException.of("Invalid value (%s) for `slop`", value);
            }
            return node instanceof QueryNode.And and
                    ? new QueryNode.And(and.children(), (int) slop, and.inOrder(), and.weight())
                    : node;
        }
        boolean inOrder;
        if (value.equalsIgnoreCase("true") || value.equals("1")) {
            inOrder = true;
        } else if (value.equalsIgnoreCase("false") || value.equals("0")) {
            inOrder = false;
        } else {
            throw SearchException.of("Invalid value (%s) for `inorder`", value);
        }
        return node instanceof QueryNode.And and
                ? new QueryNode.And(and.children(), and.slop(), inOrder, and.weight())
                : node;
    }

    /// Whether KNN and VECTOR_RANGE know an option of that name.
    static boolean isVectorOption(String name) {
        return name.equalsIgnoreCase("EF_RUNTIME")
                || name.equalsIgnoreCase("RECALL")
                || name.equalsIgnoreCase("RESCORE")
                || name.equalsIgnoreCase("EPSILON")
                || name.equalsIgnoreCase("HYBRID_POLICY")
                || name.equalsIgnoreCase("BATCH_SIZE");
    }

    static void add(List<Option> options, Option option) {
        if (options.size() >= MAX_OPTIONS) {
            throw new SearchException("Error parsing vector similarity parameters: too many options");
        }
        options.add(option);
    }
}
