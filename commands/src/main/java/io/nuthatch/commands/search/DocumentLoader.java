package io.nuthatch.commands.search;

import io.nuthatch.commands.search.SearchArguments.ReturnField;
import io.nuthatch.commands.search.SearchReply.Row;
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
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the fields of found documents from their hashes.
///
/// The hits of one stripe are read together, under that stripe; the stripes one after another, so that a page
/// of thousands of documents never stops the server. A document that went or expired since it was found is
/// left out.
///
/// Threads: any thread that holds no stripe, or all of them (a transaction). One loader serves one reply.
final class DocumentLoader {
    private final Database database;
    private final long nowMillis;
    private final SearchResult result;
    private final @Nullable List<Wanted> wanted; // Null for all fields.
    private final byte[][] distanceNames;

    /// A field to return: a distance of the hit, or a field of its hash.
    private static final class Wanted {
        private final byte[] as;
        private final int distance; // Index among the hit's distances, or -1.
        private final byte[] field;
        private long fieldAddress;

        Wanted(byte[] as, int distance, byte[] field) {
            this.as = as;
            this.distance = distance;
            this.field = field;
        }
    }

    /// `returned`: the fields that RETURN names, null without it.
    DocumentLoader(
            Database database,
            long nowMillis,
            IndexDefinition definition,
            SearchResult result,
            @Nullable List<ReturnField> returned) {
        this.database = database;
        this.nowMillis = nowMillis;
        this.result = result;
        this.distanceNames =
                result.distanceNames().stream().map(ByteStrings::bytes).toArray(byte[][]::new);
        this.wanted = returned == null ? null : resolve(definition, result.distanceNames(), returned);
    }

    /// RETURN takes a distance's name, the name that the schema gives a field, or the hash's own name of any
    /// field.
    private static List<Wanted> resolve(
            IndexDefinition definition, List<String> distances, List<ReturnField> returned) {
        List<Wanted> wanted = new ArrayList<>();
        for (ReturnField field : returned) {
            FieldSpec spec = definition.field(field.name());
            String identifier = spec == null ? field.name() : spec.identifier();
            wanted.add(new Wanted(
                    ByteStrings.bytes(field.as()), distances.indexOf(field.name()), ByteStrings.bytes(identifier)));
        }
        wanted.sort((a, b) -> Boolean.compare(a.distance < 0, b.distance < 0)); // Distances first, as RediSearch.
        return wanted;
    }

    /// The rows of the reply in the hits' order, without the documents that are gone.
    List<Row> load() {
        List<Hit> hits = result.hits();
        if (hits.isEmpty()) {
            return List.of();
        }
        Stripes stripes = database.keyspace().stripes();
        @Nullable Row[] rows = new Row[hits.size()];
        try (Arena arena = Arena.ofConfined()) {
            Key[] keys = copyKeys(arena, hits);
            if (wanted != null) {
                for (Wanted field : wanted) {
                    field.fieldAddress = copy(arena, field.field);
                }
            }
            // The stripe in the upper half and the hit in the lower: sorted, each stripe's hits stand together.
            long[] order = new long[keys.length];
            for (int i = 0; i < order.length; i++) {
                order[i] = (long) stripes.stripeOf(keys[i].hashSlot()) << 32 | i;
            }
            Arrays.sort(order);
            for (int from = 0; from < order.length; ) {
                int stripe = (int) (order[from] >>> 32);
                boolean held = stripes.isHeldByMe(stripe);
                if (!held) {
                    stripes.lock(stripe);
                }
                try {
                    for (; from < order.length && (int) (order[from] >>> 32) == stripe; from++) {
                        int hit = (int) order[from];
                        rows[hit] = row(hits.get(hit), keys[hit]);
                    }
                } finally {
                    if (!held) {
                        stripes.unlock(stripe);
                    }
                }
            }
        }
        List<Row> found = new ArrayList<>(rows.length);
        for (Row row : rows) {
            if (row != null) {
                found.add(row);
            }
        }
        return found;
    }

    private static Key[] copyKeys(Arena arena, List<Hit> hits) {
        Key[] keys = new Key[hits.size()];
        for (int i = 0; i < keys.length; i++) {
            byte[] bytes = hits.get(i).key();
            keys[i] = new Key().set(copy(arena, bytes), bytes.length);
        }
        return keys;
    }

    private static long copy(Arena arena, byte[] bytes) {
        long address = arena.allocate(Math.max(1, bytes.length), Long.BYTES).address();
        Memory.copyIn(bytes, 0, address, bytes.length);
        return address;
    }

    /// The row of one hit, or null when its document is gone; under the key's stripe.
    private @Nullable Row row(Hit hit, Key key) {
        HashValue hash;
        try {
            hash = database.hash(key, nowMillis);
        } catch (WrongTypeException replaced) {
            return null;
        }
        if (hash == null) {
            return null;
        }
        List<byte[]> fields = new ArrayList<>();
        if (wanted == null) {
            for (int i = 0; i < distanceNames.length; i++) {
                addDistance(fields, distanceNames[i], hit.distances()[i]);
            }
            hash.forEach((fieldAddress, fieldLength, valueAddress, valueLength, expireAt) -> {
                fields.add(Memory.toBytes(fieldAddress, fieldLength));
                fields.add(Memory.toBytes(valueAddress, valueLength));
            });
        } else {
            Slice value = new Slice();
            for (Wanted field : wanted) {
                if (field.distance >= 0) {
                    addDistance(fields, field.as, hit.distances()[field.distance]);
                } else if (hash.get(field.fieldAddress, field.field.length, value)) {
                    fields.add(field.as);
                    fields.add(value.toBytes());
                }
            }
        }
        return new Row(hit.key(), hit.score(), hit.sortKey(), fields);
    }

    /// A distance is NaN where the document was matched by another branch of the query; then it has no such
    /// field.
    private static void addDistance(List<byte[]> fields, byte[] name, double distance) {
        if (!Double.isNaN(distance)) {
            fields.add(name);
            fields.add(ByteStrings.bytes(CFormat.g12(distance)));
        }
    }
}
