package io.nuthatch.commands.search;

import io.nuthatch.commands.search.SearchArguments.ReturnField;
import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.IndexDefinition;
import io.nuthatch.engine.document.SearchResult;
import io.nuthatch.engine.document.SearchResult.Hit;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.Slice;
import io.nuthatch.engine.keyspace.Stripes;
import io.nuthatch.engine.keyspace.WrongTypeException;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.resp.ReplyWriter;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The fields of found documents, read from their hashes.
///
/// A document is read under its stripe, one document after another, so that a page of thousands never stops
/// the server. One that went or expired since it was found is gone.
///
/// Threads: any thread that holds no stripe, or all of them (a transaction). One object serves one reply.
final class DocumentFields implements SearchReply.Content {
    private static final int KEY_BYTES = 256; // Room for keys; longer ones get their own.

    private final Database database;
    private final Stripes stripes;
    private final long nowMillis;
    private final Arena arena = Arena.ofConfined();
    private final byte[][] distanceNames;
    private final @Nullable List<Wanted> wanted; // Null for all fields.
    private final Key key = new Key();
    private long keyAddress;
    private int keyCapacity;

    // The open document.
    private @Nullable Hit hit;
    private @Nullable HashValue hash;
    private int stripe;
    private boolean isLocked; // By us, and not by the transaction around us.

    /// A field to return: a distance of the hit, or a field of its hash.
    private static final class Wanted {
        private final byte[] as;
        private final int distance; // Index among the hit's distances, or -1.
        private final long field;
        private final int fieldLength;
        private final Slice value = new Slice();
        private boolean isPresent;

        Wanted(byte[] as, int distance, long field, int fieldLength) {
            this.as = as;
            this.distance = distance;
            this.field = field;
            this.fieldLength = fieldLength;
        }
    }

    /// `returned`: the fields that RETURN names, null without it. Close it by [#release].
    DocumentFields(
            Database database,
            long nowMillis,
            IndexDefinition definition,
            SearchResult result,
            @Nullable List<ReturnField> returned) {
        this.database = database;
        this.stripes = database.keyspace().stripes();
        this.nowMillis = nowMillis;
        this.distanceNames =
                result.distanceNames().stream().map(ByteStrings::bytes).toArray(byte[][]::new);
        this.wanted = returned == null ? null : resolve(definition, result.distanceNames(), returned);
    }

    /// RETURN takes a distance's name, the name that the schema gives a field, or the hash's own name of any
    /// field.
    private List<Wanted> resolve(IndexDefinition definition, List<String> distances, List<ReturnField> returned) {
        List<Wanted> resolved = new ArrayList<>(returned.size());
        for (ReturnField field : returned) {
            FieldSpec spec = definition.field(field.name());
            byte[] identifier = ByteStrings.bytes(spec == null ? field.name() : spec.identifier());
            resolved.add(new Wanted(
                    ByteStrings.bytes(field.as()),
                    distances.indexOf(field.name()),
                    copy(identifier),
                    identifier.length));
        }
        resolved.sort((a, b) -> Boolean.compare(a.distance < 0, b.distance < 0)); // Distances first, as RediSearch.
        return resolved;
    }

    private long copy(byte[] bytes) {
        long address = arena.allocate(Math.max(1, bytes.length), Long.BYTES).address();
        Memory.copyIn(bytes, 0, address, bytes.length);
        return address;
    }

    @Override
    public boolean open(Hit next) {
        byte[] name = next.key();
        if (name.length > keyCapacity) {
            keyCapacity = Math.max(KEY_BYTES, 2 * name.length);
            keyAddress = arena.allocate(keyCapacity, Long.BYTES).address();
        }
        Memory.copyIn(name, 0, keyAddress, name.length);
        key.set(keyAddress, name.length);
        stripe = stripes.stripeOf(key.hashSlot());
        isLocked = !stripes.isHeldByMe(stripe);
        if (isLocked) {
            stripes.lock(stripe);
        }
        boolean isThere = false;
        try {
            isThere = find(next);
        } finally {
            if (!isThere) {
                close();
            }
        }
        return isThere;
    }

    private boolean find(Hit next) {
        try {
            hash = database.hash(key, nowMillis);
        } catch (WrongTypeException replaced) {
            return false;
        }
        HashValue found = hash;
        if (found == null) {
            return false;
        }
        hit = next;
        if (wanted != null) {
            for (Wanted field : wanted) {
                field.isPresent = field.distance >= 0
                        ? !Double.isNaN(next.distances()[field.distance])
                        : found.get(field.field, field.fieldLength, field.value);
            }
        }
        return true;
    }

    @Override
    public int count() {
        int count = 0;
        if (wanted != null) {
            for (Wanted field : wanted) {
                count += field.isPresent ? 1 : 0;
            }
            return count;
        }
        for (double distance : Objects.requireNonNull(hit, "no open document").distances()) {
            count += Double.isNaN(distance) ? 0 : 1; // It was matched by another branch of the query.
        }
        return count + Objects.requireNonNull(hash, "no open document").size();
    }

    @Override
    public void write(ReplyWriter reply) {
        double[] distances = Objects.requireNonNull(hit, "no open document").distances();
        if (wanted == null) {
            for (int i = 0; i < distances.length; i++) {
                if (!Double.isNaN(distances[i])) {
                    reply.bulk(distanceNames[i]);
                    CFormat.writeG12(reply, distances[i]);
                }
            }
            Objects.requireNonNull(hash, "no open document")
                    .forEach((fieldAddress, fieldLength, valueAddress, valueLength, expireAt) -> {
                        reply.bulk(fieldAddress, fieldLength);
                        reply.bulk(valueAddress, valueLength);
                    });
            return;
        }
        for (Wanted field : wanted) {
            if (field.isPresent) {
                reply.bulk(field.as);
                if (field.distance >= 0) {
                    CFormat.writeG12(reply, distances[field.distance]);
                } else {
                    reply.bulk(field.value.address, field.value.length);
                }
            }
        }
    }

    @Override
    public void close() {
        hit = null;
        hash = null;
        if (isLocked) {
            isLocked = false;
            stripes.unlock(stripe);
        }
    }

    /// Gives the scratch back, at the end.
    void release() {
        arena.close();
    }
}
