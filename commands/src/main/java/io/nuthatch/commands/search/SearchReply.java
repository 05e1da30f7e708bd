package io.nuthatch.commands.search;

import io.netty.buffer.ByteBuf;
import io.nuthatch.commands.search.SearchArguments.Flag;
import io.nuthatch.engine.document.SearchResult;
import io.nuthatch.engine.document.SearchResult.Hit;
import io.nuthatch.engine.document.SearchResult.SortKey;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.resp.Numbers;
import io.nuthatch.resp.ReplyWriter;
import org.jspecify.annotations.Nullable;

/// Writes what FT.SEARCH found, each document's fields straight from its record to the output.
///
/// [ReplyShape#ARRAY]: `[total, key, (score), (payload), (sort key), [name, value, …], …]`, where a part
/// stands only when its option was given. [ReplyShape#MAP]: `attributes`, `total_results`, `format`,
/// `results` (each a map of `id`, the parts, `extra_attributes` and `values`) and `warning`.
///
/// Both count the documents before the first of them. One that went between the search and the reply is left
/// out; then, and only then, what follows the counts is moved once.
final class SearchReply {
    /// The fields of documents, one document at a time.
    interface Content extends AutoCloseable {
        /// Turns to the document of a hit; false when it is gone. Until [#close] nobody changes it.
        boolean open(Hit hit);

        /// How many fields will be written.
        int count();

        /// Writes their names and values in turns.
        void write(ReplyWriter reply);

        /// Lets go of the document.
        @Override
        void close();
    }

    private final ReplyWriter reply;
    private final SearchArguments request;
    private final SearchResult result;
    private final @Nullable Content content;

    private SearchReply(ReplyWriter reply, SearchArguments request, SearchResult result, @Nullable Content content) {
        this.reply = reply;
        this.request = request;
        this.result = result;
        this.content = content;
    }

    /// Writes one whole reply; `content` null for one without fields.
    static void write(
            ReplyWriter reply,
            ReplyShape shape,
            SearchArguments request,
            SearchResult result,
            @Nullable Content content) {
        SearchReply writing = new SearchReply(reply, request, result, content);
        int start = reply.mark();
        boolean isMap = shape == ReplyShape.MAP;
        writing.counts(isMap, 0);
        int body = reply.mark();
        int gone = 0;
        for (Hit hit : result.hits()) {
            if (!writing.document(hit, isMap)) {
                gone++;
            }
        }
        if (gone > 0) {
            ByteBuf documents = reply.buffer().copy(body, reply.mark() - body);
            try {
                reply.rollback(start);
                writing.counts(isMap, gone);
                reply.rawReply(documents);
            } finally {
                documents.release();
            }
        }
        if (isMap) {
            writing.warning();
        }
    }

    private void counts(boolean isMap, int gone) {
        int documents = result.hits().size() - gone;
        long total = result.total() - gone;
        if (!isMap) {
            reply.array(1 + documents * (1 + optionalParts() + (content == null ? 0 : 1)));
            reply.integer(total);
            return;
        }
        reply.map(5);
        reply.simpleString("attributes");
        reply.array(0);
        reply.simpleString("total_results");
        reply.integer(total);
        reply.simpleString("format");
        reply.simpleString("STRING");
        reply.simpleString("results");
        reply.array(documents);
    }

    private int optionalParts() {
        return (request.is(Flag.WITHSCORES) ? 1 : 0)
                + (request.is(Flag.WITHPAYLOADS) ? 1 : 0)
                + (request.is(Flag.WITHSORTKEYS) ? 1 : 0);
    }

    /// False, with nothing written, when the document is gone.
    private boolean document(Hit hit, boolean isMap) {
        if (content == null) {
            head(hit, isMap);
            tail(isMap);
            return true;
        }
        if (!content.open(hit)) {
            return false;
        }
        try {
            head(hit, isMap);
            if (isMap) {
                reply.simpleString("extra_attributes");
                reply.map(content.count());
            } else {
                reply.array(2 * content.count());
            }
            content.write(reply);
        } finally {
            content.close();
        }
        tail(isMap);
        return true;
    }

    private void head(Hit hit, boolean isMap) {
        if (isMap) {
            reply.map(2 + optionalParts() + (content == null ? 0 : 1));
        }
        name("id", isMap);
        reply.bulk(hit.key());
        if (request.is(Flag.WITHSCORES)) {
            name("score", isMap);
            if (isMap) {
                reply.doubleValue(hit.score());
            } else {
                reply.bulk(Numbers.format(hit.score()));
            }
        }
        if (request.is(Flag.WITHPAYLOADS)) {
            name("payload", isMap);
            reply.nullValue(); // There is no PAYLOAD_FIELD, so no document has one.
        }
        if (request.is(Flag.WITHSORTKEYS)) {
            name("sortkey", isMap);
            sortKey(hit.sortKey());
        }
    }

    private void name(String part, boolean isMap) {
        if (isMap) {
            reply.simpleString(part);
        }
    }

    private void tail(boolean isMap) {
        if (isMap) {
            reply.simpleString("values");
            reply.array(0);
        }
    }

    private void warning() {
        reply.simpleString("warning");
        reply.array(result.timedOut() ? 1 : 0);
        if (result.timedOut()) {
            reply.simpleString("Timeout limit was reached");
        }
    }

    /// `#` before a number and `$` before a text, so that whoever merges replies of shards can tell them
    /// apart.
    private void sortKey(@Nullable SortKey key) {
        if (key == null) {
            reply.nullValue();
        } else if (key.text() == null) {
            reply.bulk("#" + CFormat.g17(key.number()));
        } else {
            reply.bulk(ByteStrings.bytes("$" + key.text()));
        }
    }
}
