package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.GraphRestore;
import io.nuthatch.engine.hnsw.HnswIndex;
import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.image.Ranges;
import io.nuthatch.engine.keyspace.DocumentImages;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Gives a server without an index the indexes that an [IndexesExport] wrote. No vector is linked that a
/// graph of the image holds.
///
/// Order: [#definitions]; [#rows] of all rows; the graphs' nodes into [#nodes]; the keys, which come with
/// their documents to a [#batch]; [#settle]; the other keys, whose documents come to [#read]; [#finish].
/// Rows, nodes and the keys of batches each by any number of threads. Nobody uses the indexes, and nobody
/// writes, until it is done.
///
/// A document is taken up under its old ordinal only if every vector field holds what the row of that ordinal
/// does. Otherwise (its index was dropped while the image was made, say) it is indexed as if it were written
/// now. Postings of text, tags and numbers are made of the documents' fields.
public final class IndexesRestore implements DocumentImages.Target {
    private static final int MAX_SPACES = 1 << 20;

    /// The rows of the image's number.
    private record RowsOf(VectorRows rows, RoaringBitmap present) {
        boolean has(int ordinal) {
            return ordinal >= 0 && present.contains(ordinal);
        }
    }

    /// A graph that is being put together.
    private record GraphOf(DocumentSpace space, IndexField field, RowsOf rows, GraphRestore restore) {}

    private final Indexes indexes;
    private final MemoryAccount.Counter scratch;
    private final List<DocumentSpace> spaces = new ArrayList<>();
    private final List<RowsOf> rows = new ArrayList<>();
    private final List<GraphOf> graphs = new ArrayList<>();
    private final List<SearchIndex> unscanned = new ArrayList<>();
    private final List<SearchIndex> made = new ArrayList<>();
    private final Queue<byte[]> stale = new ConcurrentLinkedQueue<>();

    /// Scratch memory is counted in `scratch`.
    public IndexesRestore(Indexes indexes, MemoryAccount.Counter scratch) {
        this.indexes = indexes;
        this.scratch = scratch;
    }

    /// Makes the indexes, empty.
    public void definitions(ImageReader in) {
        List<List<VectorRows.Source>> sources = new ArrayList<>();
        int spaceCount = in.getCount(MAX_SPACES);
        for (int i = 0; i < spaceCount; i++) {
            IndexImage.strings(in, IndexDefinition.MAX_PREFIXES);
            List<VectorRows.Source> own = new ArrayList<>();
            int rowsCount = in.getCount(MAX_SPACES);
            for (int j = 0; j < rowsCount; j++) {
                own.add(new VectorRows.Source(
                        IndexImage.string(in),
                        IndexImage.constant(VectorType.class, IndexImage.string(in), in),
                        in.getInt()));
            }
            sources.add(own);
        }
        Map<Integer, DocumentSpace> spaceByNumber = new HashMap<>();
        int indexCount = in.getCount(Indexes.MAX_INDEXES);
        for (int i = 0; i < indexCount; i++) {
            int space = in.getCount(spaceCount - 1);
            boolean isScanned = in.getByte() != 0;
            SearchIndex index = create(IndexImage.read(in), in);
            made.add(index);
            spaceByNumber.put(space, index.space());
            if (!isScanned) {
                unscanned.add(index);
            }
        }
        for (int i = 0; i < spaceCount; i++) {
            DocumentSpace space = spaceByNumber.get(i);
            if (space == null) {
                throw in.malformed("documents of no index");
            }
            spaces.add(space);
            sources.get(i).forEach(source -> rows.add(new RowsOf(rowsOf(space, source, in), new RoaringBitmap())));
        }
        openGraphs();
        int aliasCount = in.getCount(Integer.MAX_VALUE);
        for (int i = 0; i < aliasCount; i++) {
            String alias = IndexImage.string(in);
            try {
                indexes.addAlias(alias, IndexImage.string(in));
            } catch (SearchException refused) {
                throw in.malformed("alias " + alias + ": " + refused.getMessage());
            }
        }
    }

    private SearchIndex create(IndexDefinition definition, ImageReader in) {
        try {
            return indexes.create(definition, true);
        } catch (SearchException refused) {
            throw in.malformed("index " + definition.name() + ": " + refused.getMessage());
        }
    }

    private static VectorRows rowsOf(DocumentSpace space, VectorRows.Source source, ImageReader in) {
        for (VectorRows each : space.sources()) {
            if (each.source().equals(source)) {
                return each;
            }
        }
        throw in.malformed("rows of " + source + " for no index");
    }

    /// In the order of [IndexesExport#graphs].
    private void openGraphs() {
        for (SearchIndex index : made) {
            for (IndexField field : index.fields()) {
                IndexField.VectorField vector = field.vector();
                if (vector != null && vector.index() instanceof HnswIndex hnsw) {
                    for (RowsOf each : rows) {
                        if (each.rows == vector.rows()) {
                            graphs.add(new GraphOf(index.space(), field, each, new GraphRestore(hnsw, scratch)));
                        }
                    }
                }
            }
        }
    }

    /// Number of rows that the definitions name.
    public int rowsCount() {
        return rows.size();
    }

    /// Number of graphs that the definitions name.
    public int graphCount() {
        return graphs.size();
    }

    /// What the numbers in keys refer to from now on.
    public ImageNumbers numbers() {
        return new ImageNumbers(
                spaces.stream().map(DocumentSpace::id).toList(),
                rows.stream().map(each -> each.rows.id()).toList(),
                unscanned.isEmpty());
    }

    /// What tells the rows of that number from all others of this process.
    public int rowsId(int number) {
        return rows.get(number).rows.id();
    }

    /// The index whose graph has that number.
    public HnswIndex graph(int number) {
        return graphs.get(number).restore.index();
    }

    /// Reads runs of rows to the end of `in`, those that are `wanted`.
    public void rows(int number, IntPredicate wanted, ImageReader in) {
        RowsOf to = rows.get(number);
        int rowBytes = to.rows.rows().rowBytes();
        while (in.hasMore()) {
            int first = in.getInt();
            int count = in.getCount(Integer.MAX_VALUE);
            long from = in.take((long) count * rowBytes);
            if (first < 0 || first > Integer.MAX_VALUE - count) {
                throw in.malformed("rows from " + first);
            }
            takeRun(to, wanted, first, count, from);
        }
    }

    private static void takeRun(RowsOf to, IntPredicate wanted, int first, int count, long from) {
        int rowBytes = to.rows.rows().rowBytes();
        RoaringBitmap taken = new RoaringBitmap();
        for (int i = 0; i < count; i++) {
            if (wanted.test(first + i)) {
                to.rows.rows().put(first + i, from + (long) i * rowBytes);
                taken.add(first + i);
            }
        }
        synchronized (to.present) {
            to.present.or(taken);
        }
    }

    /// Reads what stands before the nodes of a graph.
    public void start(int number, ImageReader in) {
        graphs.get(number).restore.start(in);
    }

    /// Reads nodes of a graph, those that are `wanted`.
    public void nodes(int number, IntPredicate wanted, ImageReader in) {
        GraphOf graph = graphs.get(number);
        graph.restore.nodes(in, wanted, graph.rows::has);
    }

    // ---- Documents

    @Override
    public int rowsId(int rowsNumber, int ordinal, ImageReader from) {
        if (rowsNumber < 0 || rowsNumber >= rows.size() || !rows.get(rowsNumber).has(ordinal)) {
            throw from.malformed("row " + ordinal + " of rows " + rowsNumber + ", which is not there");
        }
        return rows.get(rowsNumber).rows.id();
    }

    @Override
    public void read(ImageReader from, @Nullable Key key, @Nullable HashValue hash) {
        read(from, key, hash, DocumentSpace::restore);
    }

    @Override
    public void pass(ImageReader from) {
        int count = from.getByte();
        for (int i = 0; i < count; i++) {
            from.take(2 * Integer.BYTES);
            from.take((long) Integer.BYTES * from.getByte());
        }
    }

    /// Reads documents of small keys, which are in no index until [#settle].
    @Override
    public DocumentImages.Batch batch() {
        RestoreBatch[] batches = new RestoreBatch[spaces.size()];
        return new DocumentImages.Batch() {
            @Override
            public void read(ImageReader from, @Nullable Key key, @Nullable HashValue hash) {
                IndexesRestore.this.read(from, key, hash, (space, itsKey, reader, ordinal, present) -> {
                    int at = spaces.indexOf(space);
                    if (batches[at] == null) {
                        batches[at] = space.restoreBatch();
                    }
                    space.restore(itsKey, reader, ordinal, present, batches[at]);
                });
            }

            @Override
            public void end() {
                for (int i = 0; i < batches.length; i++) {
                    if (batches[i] != null) {
                        spaces.get(i).take(batches[i]);
                    }
                }
            }
        };
    }

    /// Makes postings whole of the documents that came in batches: when all have come, and before [#read] is
    /// given others.
    public void settle(Ranges ranges) {
        List<Runnable> tasks = new ArrayList<>();
        for (SearchIndex index : made) {
            index.fields().forEach(field -> tasks.add(field::settle));
        }
        ranges.runAll(tasks);
    }

    /// What is done with a document whose rows are those of its ordinal.
    private interface Taker {
        void take(DocumentSpace space, Key key, DocumentReader reader, int ordinal, List<VectorRows> present);
    }

    private void read(ImageReader from, @Nullable Key key, @Nullable HashValue hash, Taker taker) {
        long word = 0;
        boolean isStale = false;
        int count = from.getByte();
        for (int i = 0; i < count; i++) {
            int number = from.getInt();
            int ordinal = from.getInt();
            if (number < 0 || number >= spaces.size() || ordinal < 0) {
                throw from.malformed("document " + ordinal + " of space " + number);
            }
            DocumentSpace space = spaces.get(number);
            List<VectorRows> present = present(space, ordinal, from);
            if (key == null || hash == null || hash.record() == 0) {
                continue;
            }
            DocumentReader reader = new DocumentReader(hash);
            if (space.covers(key.address(), key.length()) && holds(space, reader, ordinal, present)) {
                taker.take(space, key, reader, ordinal, present);
                word = indexes.shared().with(word, space.id(), ordinal);
            } else {
                space.sources().forEach(each -> hash.materialise(each.id()));
                isStale = true;
            }
        }
        if (key != null && hash != null && word != 0) {
            indexes.database().setDocument(key, hash.record(), word);
        }
        if (key != null && isStale) {
            stale.add(key.toBytes());
        }
    }

    private List<VectorRows> present(DocumentSpace space, int ordinal, ImageReader from) {
        int count = from.getByte();
        List<VectorRows> present = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int number = from.getInt();
            boolean isThere =
                    number >= 0 && number < rows.size() && rows.get(number).has(ordinal);
            if (!isThere || !space.sources().contains(rows.get(number).rows)) {
                throw from.malformed("row " + ordinal + " of rows " + number + ", which is not there");
            }
            present.add(rows.get(number).rows);
        }
        return present;
    }

    /// Whether the hash's vectors are those of the ordinal; its fields then refer to the rows where nothing
    /// else did.
    private static boolean holds(DocumentSpace space, DocumentReader reader, int ordinal, List<VectorRows> present) {
        for (VectorRows each : space.sources()) {
            FieldName field = each.field();
            boolean isThere = reader.find(field);
            if (!present.contains(each)) {
                boolean isVector = isThere
                        && reader.length() == each.rows().rowBytes()
                        && each.rows()
                                .type()
                                .isFinite(reader.address(), each.rows().dim());
                if (isVector) {
                    return false;
                }
                continue;
            }
            long row = each.rows().address(ordinal);
            boolean isSame = isThere
                    && reader.length() == each.rows().rowBytes()
                    && (reader.address() == row
                            || Memory.equal(reader.address(), row, each.rows().rowBytes()));
            if (!isSame) {
                return false;
            }
            if (!reader.isRow(field)) {
                reader.putRow(field, each.id(), ordinal);
            }
        }
        return true;
    }

    // ---- The end

    /// Installs graphs, hands out ordinals, and links what no graph has.
    public void finish(Ranges ranges) {
        rows.forEach(each -> each.rows.rows().changes().clearAll()); // All are as the image has them.
        for (DocumentSpace space : spaces) {
            settle(space);
        }
        for (GraphOf graph : graphs) {
            RoaringBitmap live = graph.field.withVector();
            graph.restore.finish(live::contains, ranges);
        }
        for (SearchIndex index : made) {
            for (IndexField field : index.fields()) {
                IndexField.VectorField vector = field.vector();
                if (vector != null) {
                    field.withVector().forEach((int ordinal) -> {
                        if (!vector.index().contains(ordinal)) {
                            vector.index().add(ordinal);
                        }
                    });
                }
            }
        }
        for (byte[] key = stale.poll(); key != null; key = stale.poll()) {
            indexes.refresh(key);
        }
        unscanned.forEach(indexes::rescan);
    }

    /// Gives back what was not installed, after a failure.
    public void discard() {
        graphs.forEach(graph -> graph.restore.discard());
    }

    /// What ordinals of the space are in use: by documents, and by nodes that are about to be tombstones.
    private void settle(DocumentSpace space) {
        RoaringBitmap used = new RoaringBitmap();
        space.indexes().forEach(index -> used.or(index.documents()));
        List<GraphOf> own =
                graphs.stream().filter(graph -> graph.space == space).toList();
        RoaringBitmap dead = new RoaringBitmap();
        for (GraphOf graph : own) {
            for (int ordinal = 0; ordinal < graph.restore.limit(); ordinal++) {
                if (graph.restore.contains(ordinal) && !used.contains(ordinal)) {
                    dead.add(ordinal);
                }
            }
        }
        used.or(dead);
        space.ordinals().restore(used);
        dead.forEach((int ordinal) -> {
            List<GraphOf> holders = own.stream()
                    .filter(graph -> graph.restore.contains(ordinal))
                    .toList();
            space.ordinals().retire(ordinal, holders.size());
            for (GraphOf holder : holders) {
                IndexField.VectorField vector = holder.field.vector();
                if (vector != null) {
                    vector.releases().expect(ordinal);
                }
            }
            space.ordinals().released(ordinal);
        });
    }
}
