package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.HnswIndex;
import io.nuthatch.engine.image.ChangeMarks;
import io.nuthatch.engine.image.ImageWriter;
import io.nuthatch.engine.image.ItemSet;
import io.nuthatch.engine.keyspace.DocumentImages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// The indexes as of one moment, for a checkpoint that takes longer than that.
///
/// What makes it possible to write graphs, keys and rows one after the other while writers go on: **until
/// [#close], an ordinal is one vector.** It is pinned as a search pins it, so one that is retired meanwhile
/// is not handed out again; and rows are kept even where their index is dropped. So three parts agree when
/// they are written in this order:
/// 1. [#graphs]: ordinals and who names whom. Which of them are documents is not said.
/// 2. keys, whose documents say their ordinals ([#write]). These decide: a document that no graph has is
///    linked at the start, a node that no document has becomes a tombstone.
/// 3. [#rows] of every ordinal that came up in 1 or 2, or was a document's at first: one whose key is left
///    in an older image, because nothing changed there, does not come up.
///
/// An index that is dropped, or made, or altered meanwhile is in the image as it was at first: such a command
/// counts as given after the checkpoint.
///
/// Threads: one; [#rowsNumber] from any.
public final class IndexesExport implements DocumentImages.Source, AutoCloseable {
    /// A graph of the image.
    ///
    /// @param number its place among the graphs
    /// @param rows the number of the rows it is over
    public record Graph(int number, int rows, HnswIndex index) {}

    /// A space as it was at first; pinned.
    private record Space(DocumentSpace space, List<Integer> rows, int pin) {}

    private record Captured(SearchIndex index, IndexDefinition definition, int space, boolean isScanned) {}

    private final Indexes indexes;
    private final List<Space> spaces = new ArrayList<>();
    private final List<Captured> captured = new ArrayList<>();
    private final List<Graph> graphs = new ArrayList<>();
    private final List<VectorRows> rows = new ArrayList<>();
    private final List<RoaringBitmap> wanted = new ArrayList<>(); // Ordinals of each rows that came up.
    private final Map<Integer, Integer> rowsNumbers = new HashMap<>();
    private final Map<Integer, Integer> spaceNumbers = new HashMap<>();
    private final Map<String, String> aliases;
    private final long lsn;

    private IndexesExport(Indexes indexes, long lsn, List<DocumentSpace> present, Map<String, String> aliases) {
        this.indexes = indexes;
        this.lsn = lsn;
        this.aliases = aliases;
        for (DocumentSpace space : present) {
            List<Integer> own = new ArrayList<>();
            for (VectorRows each : space.sources()) {
                if (!each.isOrphan()) {
                    rowsNumbers.put(each.id(), rows.size());
                    own.add(rows.size());
                    rows.add(each);
                    wanted.add(present(space, each));
                }
            }
            spaceNumbers.put(space.id(), spaces.size());
            spaces.add(new Space(space, own, space.ordinals().enter()));
        }
        for (SearchIndex index : indexes.all()) {
            int space = Objects.requireNonNull(spaceNumbers.get(index.space().id()), index.name());
            captured.add(new Captured(index, index.definition(), space, index.progress() >= 1));
            for (IndexField field : index.fields()) {
                IndexField.VectorField vector = field.vector();
                Integer number =
                        vector == null ? null : rowsNumbers.get(vector.rows().id());
                if (vector != null && number != null && vector.index() instanceof HnswIndex graph) {
                    graphs.add(new Graph(graphs.size(), number, graph));
                }
            }
        }
    }

    private static RoaringBitmap present(DocumentSpace space, VectorRows rows) {
        space.lock().readLock().lock();
        try {
            return rows.present().clone();
        } finally {
            space.lock().readLock().unlock();
        }
    }

    /// Takes the moment, under all stripes, so that no MULTI is between a change of the registry and its
    /// record. `lsn` gives the log's present position, 0 without a log.
    public static IndexesExport begin(Indexes indexes, LongSupplier lsn) {
        synchronized (indexes) {
            return new IndexesExport(indexes, lsn.getAsLong(), indexes.pin(), indexes.aliases());
        }
    }

    /// The log's records about indexes up to this one are in it, and no newer one.
    public long lsn() {
        return lsn;
    }

    /// Writes spaces, rows, indexes and aliases; [IndexesRestore#definitions] reads them.
    public void definitions(ImageWriter out) {
        out.putInt(spaces.size());
        for (Space space : spaces) {
            IndexImage.strings(space.space.prefixes(), out);
            out.putInt(space.rows.size());
            for (int number : space.rows) {
                VectorRows.Source source = rows.get(number).source();
                out.putString(source.identifier());
                out.putString(source.type().name());
                out.putInt(source.dim());
            }
        }
        out.putInt(captured.size());
        for (Captured each : captured) {
            out.putInt(each.space);
            out.putByte(each.isScanned ? 1 : 0);
            IndexImage.write(each.definition, out);
        }
        out.putInt(aliases.size());
        aliases.forEach((alias, name) -> {
            out.putString(alias);
            out.putString(name);
        });
    }

    /// Number of indexes.
    public int count() {
        return captured.size();
    }

    /// The graphs to be written, in the order in which the definitions name their fields.
    public List<Graph> graphs() {
        return graphs;
    }

    /// These are nodes of the graph, whose rows are wanted.
    public void add(Graph graph, ItemSet nodes) {
        nodes.forEach(wanted.get(graph.rows)::add);
    }

    /// What the numbers in keys refer to; see [ImageNumbers].
    public ImageNumbers numbers() {
        return new ImageNumbers(
                spaces.stream().map(each -> each.space.id()).toList(),
                rows.stream().map(VectorRows::id).toList(),
                captured.stream().allMatch(Captured::isScanned));
    }

    @Override
    public int rowsNumber(int rowsId) {
        return rowsNumbers.getOrDefault(rowsId, -1);
    }

    /// `byte` spaces, and for each: `int` space, `int` ordinal, `byte` rows and the `int` numbers of the rows
    /// that have one of the document.
    @Override
    public void write(long documentWord, ImageWriter out) {
        long countAt = out.size();
        out.putByte(0);
        int[] count = {0};
        indexes.shared().forEach(documentWord, (spaceId, ordinal) -> {
            Integer number = spaceNumbers.get(spaceId);
            if (number != null && count[0] < 255) {
                count[0]++;
                out.putInt(number);
                out.putInt(ordinal);
                rowsOf(spaces.get(number), ordinal, out);
            }
        });
        if (count[0] > 0) {
            out.setByte(countAt, count[0]);
        }
    }

    private void rowsOf(Space space, int ordinal, ImageWriter out) {
        long countAt = out.size();
        out.putByte(0);
        if (space.rows.isEmpty()) {
            return;
        }
        int count = 0;
        space.space.lock().readLock().lock();
        try {
            for (int number : space.rows) {
                if (count < 255 && rows.get(number).present().contains(ordinal)) {
                    count++;
                    out.putInt(number);
                    wanted.get(number).add(ordinal);
                }
            }
        } finally {
            space.space.lock().readLock().unlock();
        }
        out.setByte(countAt, count);
    }

    /// Number of rows.
    public int rows() {
        return rows.size();
    }

    /// What tells the rows of that number from all others of this process.
    public int rowsId(int number) {
        return rows.get(number).id();
    }

    /// The rows that have come up until now.
    public ItemSet wanted(int number) {
        return ItemSet.of(wanted.get(number));
    }

    /// Which rows of that number were put since an image took them. A row that is wanted is not put again
    /// before [#close].
    public ChangeMarks changes(int number) {
        return rows.get(number).rows().changes();
    }

    /// Writes the rows of `wantedOrdinals` from `from` on, until `out` has `bytes` bytes. Returns where to go
    /// on, -1 at the end.
    ///
    /// A run is `int` first ordinal, `int` rows, and the rows one behind the other as clients sent them.
    public int rows(int number, ItemSet wantedOrdinals, int from, long bytes, ImageWriter out) {
        VectorRows each = rows.get(number);
        int rowBytes = each.rows().rowBytes();
        PeekableIntIterator ordinals = wantedOrdinals.from(from);
        int next = -1;
        long countAt = 0;
        int count = 0;
        while (ordinals.hasNext()) {
            if (out.size() >= bytes) {
                finishRun(out, countAt, count);
                return ordinals.peekNext();
            }
            int ordinal = ordinals.next();
            if (ordinal != next) {
                finishRun(out, countAt, count);
                out.putInt(ordinal);
                countAt = out.size();
                count = 0;
                out.putInt(0);
            }
            out.putBytes(each.rows().address(ordinal), rowBytes);
            count++;
            next = ordinal + 1;
        }
        finishRun(out, countAt, count);
        return -1;
    }

    private static void finishRun(ImageWriter out, long countAt, int count) {
        if (count > 0) {
            out.setInt(countAt, count);
        }
    }

    /// Lets ordinals and rows go.
    @Override
    public void close() {
        for (Space space : spaces) {
            space.space.ordinals().leave(space.pin);
        }
        indexes.unpin();
    }
}
