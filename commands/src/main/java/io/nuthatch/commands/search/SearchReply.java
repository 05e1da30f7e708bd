package io.nuthatch.commands.search;

import io.nuthatch.commands.search.SearchArguments.Flag;
import io.nuthatch.engine.document.SearchResult.SortKey;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.resp.Numbers;
import io.nuthatch.resp.ReplyWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes what FT.SEARCH found.
///
/// [ReplyShape#ARRAY]: `[total, key, (score), (payload), (sort key), [name, value, …], …]`, where a part
/// stands only when its option was given. [ReplyShape#MAP]: `attributes`, `total_results`, `format`,
/// `results` (each a map of `id`, the parts, `extra_attributes` and `values`) and `warning`.
final class SearchReply {
    private SearchReply() {}

    /// One document of the reply.
    ///
    /// A final class and no record, for its arrays; it lives for one reply and nobody writes to them.
    static final class Row {
        private final byte[] key;
        private final double score;
        private final @Nullable SortKey sortKey;
        private final List<byte[]> fields;

        /// `fields`: names and values in turns; empty when the reply carries no content.
        Row(byte[] key, double score, @Nullable SortKey sortKey, List<byte[]> fields) {
            assert fields.size() % 2 == 0 : "names and values: " + fields.size();
            this.key = key;
            this.score = score;
            this.sortKey = sortKey;
            this.fields = fields;
        }
    }

    /// Writes one whole reply.
    ///
    /// `total`: documents that match, whatever the page; `isTimedOut`: whether the search was cut short.
    static void write(
            ReplyWriter reply,
            ReplyShape shape,
            SearchArguments request,
            long total,
            List<Row> rows,
            boolean isTimedOut) {
        if (shape == ReplyShape.ARRAY) {
            array(reply, request, total, rows);
        } else {
            map(reply, request, total, rows, isTimedOut);
        }
    }

    private static void array(ReplyWriter reply, SearchArguments request, long total, List<Row> rows) {
        int parts = 1 + optionalParts(request) + (request.isWithContent() ? 1 : 0);
        reply.array(1 + rows.size() * parts);
        reply.integer(total);
        for (Row row : rows) {
            reply.bulk(row.key);
            if (request.is(Flag.WITHSCORES)) {
                reply.bulk(Numbers.format(row.score));
            }
            if (request.is(Flag.WITHPAYLOADS)) {
                reply.nullValue(); // There is no PAYLOAD_FIELD, so no document has one.
            }
            if (request.is(Flag.WITHSORTKEYS)) {
                sortKey(reply, row.sortKey);
            }
            if (request.isWithContent()) {
                reply.array(row.fields.size());
                fields(reply, row);
            }
        }
    }

    private static void map(
            ReplyWriter reply, SearchArguments request, long total, List<Row> rows, boolean isTimedOut) {
        int parts = 2 + optionalParts(request) + (request.isWithContent() ? 1 : 0);
        reply.map(5);
        reply.simpleString("attributes");
        reply.array(0);
        reply.simpleString("total_results");
        reply.integer(total);
        reply.simpleString("format");
        reply.simpleString("STRING");
        reply.simpleString("results");
        reply.array(rows.size());
        for (Row row : rows) {
            reply.map(parts);
            reply.simpleString("id");
            reply.bulk(row.key);
            if (request.is(Flag.WITHSCORES)) {
                reply.simpleString("score");
                reply.doubleValue(row.score);
            }
            if (request.is(Flag.WITHPAYLOADS)) {
                reply.simpleString("payload");
                reply.nullValue();
            }
            if (request.is(Flag.WITHSORTKEYS)) {
                reply.simpleString("sortkey");
                sortKey(reply, row.sortKey);
            }
            if (request.isWithContent()) {
                reply.simpleString("extra_attributes");
                reply.map(row.fields.size() / 2);
                fields(reply, row);
            }
            reply.simpleString("values");
            reply.array(0);
        }
        reply.simpleString("warning");
        reply.array(isTimedOut ? 1 : 0);
        if (isTimedOut) {
            reply.simpleString("Timeout limit was reached");
        }
    }

    private static int optionalParts(SearchArguments request) {
        return (request.is(Flag.WITHSCORES) ? 1 : 0)
                + (request.is(Flag.WITHPAYLOADS) ? 1 : 0)
                + (request.is(Flag.WITHSORTKEYS) ? 1 : 0);
    }

    private static void fields(ReplyWriter reply, Row row) {
        for (byte[] nameOrValue : row.fields) {
            reply.bulk(nameOrValue);
        }
    }

    /// `#` before a number and `$` before a text, so that whoever merges replies of shards can tell them
    /// apart.
    private static void sortKey(ReplyWriter reply, @Nullable SortKey key) {
        if (key == null) {
            reply.nullValue();
        } else if (key.text() == null) {
            reply.bulk("#" + CFormat.g17(key.number()));
        } else {
            reply.bulk(ByteStrings.bytes("$" + key.text()));
        }
    }
}
