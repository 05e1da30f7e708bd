package io.nuthatch.tools.importer;

import io.nuthatch.tools.client.Pipeline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Sends the items of sources, one source after the other. One thread.
final class Importer implements CommandSink {
    private static final int LOOK_EVERY = 256; // Items between two looks at the clock.

    private final Pipeline pipeline;
    private final ErrorLog errors;
    private final long maxErrors;
    private final byte[] database;
    private byte[] selected = {}; // None yet.
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
        /// @param isLast whether nothing more of this source comes
        void look(long answeredItems, boolean isLast) throws IOException;
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
        select(database, 0);
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
                    watcher.look(Math.max(from, pipeline.answeredMark() - base), false);
                }
            }
        } catch (MalformedFileException torn) {
            pipeline.drain();
            watcher.look(items - base, true);
            throw torn;
        } catch (IOException broken) {
            watcher.look(Math.max(from, pipeline.answeredMark() - base), true);
            throw broken;
        }
        pipeline.drain();
        watcher.look(items - base, true);
        return end;
    }

    /// Items of this run that were read and sent.
    long done() {
        return done;
    }

    @Override
    public void select(byte[] next, long place) throws IOException {
        if (Arrays.equals(next, selected)) {
            return;
        }
        pipeline.drain();
        long before = errors.count();
        begin(2);
        argument("SELECT".getBytes(StandardCharsets.US_ASCII));
        argument(next);
        end(place);
        pipeline.drain();
        if (errors.count() > before) {
            throw new IOException("the server has no database " + new String(next, StandardCharsets.ISO_8859_1)
                    + "; its setting `databases` says how many there are");
        }
        selected = next;
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
