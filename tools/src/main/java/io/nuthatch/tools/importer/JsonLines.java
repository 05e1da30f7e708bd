package io.nuthatch.tools.importer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/// An object of JSON on each line; blank lines are passed.
///
/// Strings go without quotes, numbers as they are spelled, booleans as `true` and `false`; `null` is no
/// field. An array of those becomes its elements with commas between, which is what a TAG field and a vector
/// read; anything deeper stays JSON.
final class JsonLines implements RowReader {
    private static final int MAX_LINE_BYTES = 64 << 20;
    private static final int MAX_DEPTH = 128;

    private static final Set<JsonToken> SCALARS = EnumSet.of(
            JsonToken.VALUE_STRING,
            JsonToken.VALUE_NUMBER_INT,
            JsonToken.VALUE_NUMBER_FLOAT,
            JsonToken.VALUE_TRUE,
            JsonToken.VALUE_FALSE);

    private final FileInput in;
    private final JsonFactory json = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(MAX_LINE_BYTES)
                    .build())
            .build();
    private long row;
    private long line;

    JsonLines(FileInput in) {
        this.in = in;
    }

    @Override
    public boolean next(Row next) throws IOException, BadItemException {
        byte[] text = in.readLine(MAX_LINE_BYTES);
        line++;
        while (text != null && isBlank(text)) {
            text = in.readLine(MAX_LINE_BYTES);
            line++;
        }
        if (text == null) {
            return false;
        }
        next.begin(row++, line);
        try (JsonParser parser = json.createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new BadItemException(line, "a JSON object was expected");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                String value = value(parser, text);
                if (value != null) {
                    next.add(name, value.getBytes(StandardCharsets.UTF_8));
                }
            }
            if (parser.nextToken() != null) {
                throw new BadItemException(line, "there is something behind the object");
            }
        } catch (JacksonException malformed) {
            throw new BadItemException(line, "no JSON: " + malformed.getOriginalMessage());
        }
        return true;
    }

    private static boolean isBlank(byte[] text) {
        for (byte b : text) {
            if (b != ' ' && b != '\t') {
                return false;
            }
        }
        return true;
    }

    private static @Nullable String value(JsonParser parser, byte[] line) {
        return switch (parser.currentToken()) {
            case VALUE_NULL -> null;
            case START_OBJECT, START_ARRAY -> nested(parser, line);
            default -> parser.getString();
        };
    }

    private static String nested(JsonParser parser, byte[] line) {
        int start = (int) parser.currentTokenLocation().getByteOffset();
        boolean isFlat = parser.currentToken() == JsonToken.START_ARRAY;
        StringBuilder elements = new StringBuilder();
        int count = 0;
        for (int depth = 1; depth > 0; ) {
            JsonToken token = parser.nextToken();
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            boolean isScalar = SCALARS.contains(token);
            isFlat &= isScalar || depth == 0;
            if (isFlat && isScalar) {
                elements.append(count++ == 0 ? "" : ",").append(parser.getString());
            }
        }
        int end = (int) parser.currentLocation().getByteOffset();
        return isFlat ? elements.toString() : new String(line, start, end - start, StandardCharsets.UTF_8);
    }

    @Override
    public String unit() {
        return "line";
    }

    @Override
    public FileInput input() {
        return in;
    }
}
