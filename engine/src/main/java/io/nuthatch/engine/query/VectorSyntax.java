package io.nuthatch.engine.query;

import io.nuthatch.engine.query.Query.Knn;
import io.nuthatch.engine.query.QueryNode.Option;
import io.nuthatch.engine.query.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/// Reads the clauses about vectors: KNN and VECTOR_RANGE.
///
/// Threads: one.
final class VectorSyntax {
    private final TokenReader tokens;
    private final Attributes attributes;

    VectorSyntax(TokenReader tokens, Attributes attributes) {
        this.tokens = tokens;
        this.attributes = attributes;
    }

    /// `VECTOR_RANGE radius $vector]`.
    QueryNode vectorRange(String field) {
        tokens.advance();
        if (!tokens.at(Kind.NUMBER) && !tokens.at(Kind.PARAMETER)) {
            throw tokens.syntaxError();
        }
        double radius = tokens.number();
        if (!tokens.at(Kind.PARAMETER)) {
            throw tokens.syntaxError();
        }
        String vectorName = tokens.vectorName();
        tokens.expect(Kind.RIGHT_BRACKET);
        return new QueryNode.VectorRange(field, radius, vectorName, List.of(), null, 1);
    }

    /// `[KNN k @field $vector (NAME value)* [AS name]]` and the attributes behind it.
    Knn knn() {
        tokens.expect(Kind.LEFT_BRACKET);
        if (!tokens.at(Kind.TERM) || !tokens.text().equalsIgnoreCase("KNN")) {
            throw tokens.errorHere("Syntax error: Expecting Vector Similarity command");
        }
        tokens.advance();
        long k = neighbours();
        if (!tokens.at(Kind.MODIFIER)) {
            throw tokens.syntaxError();
        }
        String field = tokens.text();
        tokens.advance();
        if (!tokens.at(Kind.PARAMETER)) {
            throw tokens.syntaxError();
        }
        String vectorName = tokens.vectorName();
        List<Option> options = new ArrayList<>();
        String distanceName = null;
        while (!tokens.at(Kind.RIGHT_BRACKET)) {
            if (!tokens.at(Kind.TERM)) {
                throw tokens.syntaxError();
            }
            String name = tokens.text();
            tokens.advance();
            String value = tokens.optionValue();
            if (name.equalsIgnoreCase("AS")) {
                distanceName = value;
            } else {
                Attributes.add(options, new Option(name, value));
            }
        }
        tokens.advance();
        while (tokens.at(Kind.ARROW)) {
            for (Option attribute : attributes.read()) {
                if (attribute.name().equalsIgnoreCase("yield_distance_as")) {
                    distanceName = attribute.value();
                } else if (Attributes.isVectorOption(attribute.name())) {
                    Attributes.add(options, attribute);
                } else {
                    throw SearchException.of("Invalid attribute %s", attribute.name());
                }
            }
        }
        String distance = distanceName == null ? "__" + field + "_score" : distanceName;
        return new Knn(k, field, vectorName, List.copyOf(options), distance);
    }

    private long neighbours() {
        String text;
        String name = "";
        if (tokens.at(Kind.NUMBER)) {
            text = tokens.text();
        } else if (tokens.at(Kind.PARAMETER)) {
            name = tokens.text();
            text = tokens.parameter(name);
        } else {
            throw tokens.syntaxError();
        }
        boolean digits = !text.isEmpty();
        for (int i = 0; i < text.length(); i++) {
            digits &= text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        if (!digits) {
            if (name.isEmpty()) {
                throw tokens.syntaxError();
            }
            throw SearchException.of("Invalid numeric value (%s) for parameter `%s`", text, name);
        }
        tokens.advance();
        return text.length() > 18 ? Long.MAX_VALUE : Long.parseLong(text);
    }
}
