package io.nuthatch.tools.importer;

import io.nuthatch.tools.client.Pipeline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// Sends the items of sources, one source after the other. One thread.
final class Importer implements CommandSink {
    private static final int LOOK_EVERY = 256; // Items between two looks at the clock.

    private final Pipeline pipeline;
    private final ErrorLog errors;
    private final long maxErrors;
    private final byte[] database;
    private long itemsLeft;
    private long items; // Of all sources, passed ones included: the pipeline's mark.
    private long done; // Items of this run.

    /// @param limit the most items of this run
    /// @param maxErrors how many errors end it; 0 for any number
    Importer(Pipeline pipeline, ErrorLog errors, int database, long limit, long maxErrors) {
        this.pipeline = pipeline;
        this.errors = errors;
        this.database = Integer.toString(database).getBytes(StandardCharsets.US_ASCII);
        this.itemsLeft = limit;
        this.maxErrors = maxErrors;
    }

    /// Called now and then, with the items of the source whose commands have all been answered.
    interface Watcher {
        void look(long answeredItems) throws IOException;
    }

    /// How a source ended.
    enum End {
        COMPLETE,
        LIMIT,
        TOO_MANY_ERRORS
    }

    /// Imports a source from its item `from` on, and waits for the last reply.
    End run(Source source, String name, long from, Watcher watcher) throws IOException {
        long base = items;
        source.skip(from);
        items += from;
        select();
        End end = End.COMPLETE;
        try {
            while (true) {
                if (itemsLeft == 0) {
                    end = End.LIMIT;
                    break;
                }
                try {
                    if (!source.next(this)) {
                        break;
                    }
                    done++;
                } catch (BadItemException bad) {
                    errors.add(name + ": " + source.describe(bad.place()), bad.text());
                }
                items++;
                itemsLeft--;
                if (maxErrors > 0 && errors.count() >= maxErrors) {
                    end = End.TOO_MANY_ERRORS;
                    break;
                }
                if (items % LOOK_EVERY == 0) {
                    watcher.look(Math.max(from, pipeline.answeredMark() - base));
                }
            }
        } catch (MalformedFileException torn) {
            pipeline.drain();
            watcher.look(items - base);
            throw torn;
        }
        pipeline.drain();
        watcher.look(items - base);
        return end;
    }

    /// Items of this run that were read and sent.
    long done() {
        return done;
    }

    private void select() throws IOException {
        begin(2);
        argument("SELECT".getBytes(StandardCharsets.US_ASCII));
        argument(database);
        end(0);
    }

    @Override
    public void begin(int count) throws IOException {
        pipeline.begin(count);
    }

    @Override
    public void argument(byte[] bytes, int from, int length) throws IOException {
        pipeline.argument(bytes, from, length);
    }

    @Override
    public void end(long place) throws IOException {
        pipeline.end(place, items);
    }
}
