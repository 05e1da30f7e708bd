package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.IndexClosedException;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import io.nuthatch.engine.text.Blocks;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.vector.Rows;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/// The documents of one set of key prefixes: a dense ordinal each, shared by all indexes over those prefixes.
///
/// Idea: what is told apart by ordinal (rows of vectors, keys) is then there once, however many indexes a
/// user lays over the same keys, and a new index beside an old one (re-indexing without downtime) copies
/// nothing.
///
/// A document whose vector changes gets a new ordinal, and the old one is taken out of the graphs: four times
/// cheaper than relinking in place. Other changes keep the ordinal. An ordinal is used again when no vector
/// index and no search can know it any more ([OrdinalPool]).
///
/// Order of a write, under the key's stripe: rows are put, the new ordinal goes into the vector indexes,
/// then, under the write lock, into keys, postings and [SearchIndex#documents]; last the old ordinal leaves
/// the vector indexes. A search that meets an ordinal which is not in the documents (yet, or any more) takes
/// another attempt.
///
/// Threads: writes under the key's stripe; the lock guards postings, keys and row bookkeeping. Order of
/// locks: stripe, then this lock; nothing that takes a stripe or waits for a vector index runs under it.
final class DocumentSpace {
    private static final int MAX_SHOWN_CHARS = 128;

    private final int id;
    private final List<String> prefixes;
    private final byte[][] prefixBytes;
    private final MemoryAccount account;
    private final String owner;
    private final OrdinalPool ordinals;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final RecordTable keys; // ordinal -> block, 0 for none
    private final Blocks keyBlocks;
    private volatile List<SearchIndex> indexes = List.of();
    private volatile List<VectorRows> sources = List.of();
    private volatile double ordinalBytes; // What one ordinal takes here on average, as of the last measure.

    DocumentSpace(int id, List<String> prefixes, MemoryAccount account) {
        this.id = id;
        this.prefixes = prefixes;
        this.prefixBytes = prefixes.stream().map(ByteStrings::bytes).toArray(byte[][]::new);
        this.account = account;
        this.owner = "documents " + id;
        this.ordinals = new OrdinalPool(account.counter(owner, "ordinals"));
        this.keys = new RecordTable(Long.BYTES, account.counter(owner, "keys"));
        this.keyBlocks = new Blocks(account.counter(owner, "keys"));
    }

    /// Sorted and without those that another one covers, so that equal sets are equal lists.
    static List<String> normal(List<String> prefixes) {
        List<String> kept = new ArrayList<>();
        for (String prefix : new TreeSet<>(prefixes)) { // A prefix sorts before what it covers.
            if (kept.isEmpty() || !prefix.startsWith(kept.getLast())) {
                kept.add(prefix);
            }
        }
        return List.copyOf(kept);
    }

    int id() {
        return id;
    }

    List<String> prefixes() {
        return prefixes;
    }

    OrdinalPool ordinals() {
        return ordinals;
    }

    ReentrantReadWriteLock lock() {
        return lock;
    }

    List<SearchIndex> indexes() {
        return indexes;
    }

    List<VectorRows> sources() {
        return sources;
    }

    /// Whether the key belongs here.
    boolean covers(long keyAddress, int keyLength) {
        for (byte[] prefix : prefixBytes) {
            if (prefix.length <= keyLength && Memory.equal(keyAddress, prefix, 0, prefix.length)) {
                return true;
            }
        }
        return false;
    }

    /// Whether none of the vector fields is short of room.
    boolean hasRoom() {
        for (SearchIndex index : indexes) {
            for (IndexField field : index.fields()) {
                IndexField.VectorField vector = field.vector();
                if (vector != null && !vector.index().hasRoom()) {
                    return false;
                }
            }
        }
        return true;
    }

    /// The key of an ordinal in use; under the lock.
    byte[] key(int ordinal) {
        return Blocks.bytes(Memory.getLong(keys.address(ordinal)));
    }

    long keyBytes() {
        return account.byPart(owner).getOrDefault("keys", 0L)
                + account.byPart(owner).getOrDefault("ordinals", 0L);
    }

    long rowBytes(VectorRows rows) {
        return account.byPart(rowsOwner(rows.id())).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /// Finds out what an ordinal takes on average: its key, its rows, and its place in the indexes. `owners`
    /// is what the account says by owner.
    void measure(Map<String, Long> owners) {
        long bytes = owners.getOrDefault(owner, 0L);
        for (VectorRows rows : sources) {
            bytes += owners.getOrDefault(rowsOwner(rows.id()), 0L);
        }
        for (SearchIndex index : indexes) {
            bytes += owners.getOrDefault(SearchIndex.accountOwner(index.name()), 0L);
        }
        ordinalBytes = bytes / Math.max(1.0, ordinals.limit());
    }

    /// About how many bytes of documents that are gone wait for the next ones.
    long reusableBytes() {
        return (long) (Math.max(0, ordinals.limit() - ordinals.used()) * ordinalBytes);
    }

    private static String rowsOwner(int rowsId) {
        return "rows " + rowsId;
    }

    // --- Indexes and rows; under the registry's lock ----------------------------------------------------------------

    void add(SearchIndex index) {
        List<SearchIndex> next = new ArrayList<>(indexes);
        next.add(index);
        indexes = List.copyOf(next);
    }

    /// Takes the index out, closes it, and returns the rows that nobody else searches; the caller hands them
    /// back to the hashes and then calls [#close(VectorRows)].
    List<VectorRows> remove(SearchIndex index) {
        List<SearchIndex> next = new ArrayList<>(indexes);
        next.remove(index);
        List<VectorRows> orphans = new ArrayList<>();
        lock.writeLock().lock();
        try {
            indexes = List.copyOf(next);
            index.markDropped();
            for (IndexField field : index.fields()) {
                IndexField.VectorField vector = field.vector();
                if (vector != null) {
                    vector.rows().changeUsers(-1);
                    if (vector.rows().isOrphan()) {
                        orphans.add(vector.rows());
                    }
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
        // Outside the lock: closing a vector index waits for its searches, and those take the read lock at their end.
        List<IndexField> fields = index.fields();
        for (IndexField field : fields) {
            IndexField.VectorField vector = field.vector();
            if (vector != null) {
                vector.index().close();
                vector.releases().closed();
            }
        }
        lock.writeLock().lock();
        try {
            index.clear();
        } finally {
            lock.writeLock().unlock();
        }
        return orphans;
    }

    /// The rows of the source, made if need be, with one more user.
    VectorRows rowsFor(VectorRows.Source source, int newId) {
        lock.writeLock().lock();
        try {
            for (VectorRows rows : sources) {
                if (rows.source().equals(source) && !rows.isOrphan()) {
                    rows.changeUsers(1);
                    return rows;
                }
            }
            VectorRows rows = new VectorRows(
                    newId, source, new Rows(source.type(), source.dim(), true, account, rowsOwner(newId)));
            rows.changeUsers(1);
            List<VectorRows> next = new ArrayList<>(sources);
            next.add(rows);
            sources = List.copyOf(next);
            return rows;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /// Takes rows out of the way of writers that start from now on.
    void detach(VectorRows rows) {
        lock.writeLock().lock();
        try {
            List<VectorRows> next = new ArrayList<>(sources);
            next.remove(rows);
            sources = List.copyOf(next);
        } finally {
            lock.writeLock().unlock();
        }
    }

    /// Frees detached rows to which no hash refers any more, and that no write under way can know.
    void close(VectorRows rows) {
        rows.rows().close();
        account.forget(rowsOwner(rows.id()));
    }

    /// Gives everything back; no document refers to the space any more, and nobody searches it.
    void close() {
        assert indexes.isEmpty() : "indexes=" + indexes.size();
        for (VectorRows rows : sources) {
            detach(rows);
            close(rows);
        }
        lock.writeLock().lock();
        try {
            keys.close();
            keyBlocks.close();
            ordinals.close();
        } finally {
            lock.writeLock().unlock();
        }
        account.forget(owner);
    }

    // --- Documents; under the key's stripe --------------------------------------------------------------------------

    /// What a hash holds for some rows.
    private enum Held {
        /// No such field.
        ABSENT,
        /// The row that the document has already.
        SAME,
        /// A vector that has to become a row.
        NEW,
        /// Bytes that are no vector of these rows.
        INVALID
    }

    /// Brings the document up to date in every index of the space.
    ///
    /// @param old its ordinal, -1 when it is none yet
    /// @param changed identifiers of fields that held their bytes, not a row, before any space looked at the
    /// document
    /// @return its ordinal now, -1 when no index takes it
    int write(Key key, DocumentReader reader, int old, Set<String> changed) {
        List<SearchIndex> takers = indexes;
        List<VectorRows> rows = usedSources();
        Held[] held = new Held[rows.size()];
        boolean isNew = old < 0;
        for (int i = 0; i < held.length; i++) {
            held[i] = held(reader, rows.get(i), old, changed);
            boolean had = old >= 0 && rows.get(i).present().contains(old);
            isNew |= held[i] == Held.NEW || (had && held[i] != Held.SAME);
        }
        IndexField[] refusing = new IndexField[takers.size()];
        String[] errors = new String[takers.size()];
        boolean taken = false;
        for (int i = 0; i < refusing.length; i++) {
            SearchIndex index = takers.get(i);
            for (IndexField field : index.fields()) {
                String error = error(reader, field, rows, held);
                if (error != null) {
                    refusing[i] = field;
                    errors[i] = error;
                    isNew |= index.contains(
                            old); // Its vectors leave the index, and an ordinal never comes back at once.
                    break;
                }
            }
            taken |= refusing[i] == null;
        }
        if (!taken) {
            remove(old);
            noteFailures(key, takers, refusing, errors);
            return -1;
        }
        int ordinal = isNew ? ordinals.take() : old;
        for (int i = 0; i < held.length; i++) {
            VectorRows source = rows.get(i);
            if (held[i] == Held.NEW && reader.find(source.field())) {
                source.rows().put(ordinal, reader.address());
            } else if (held[i] == Held.SAME && isNew) {
                source.rows().put(ordinal, source.rows().address(old));
            }
        }
        for (int i = 0; i < refusing.length; i++) {
            if (refusing[i] == null) {
                for (IndexField field : takers.get(i).fields()) {
                    addVector(field, ordinal, rows, held);
                }
            }
        }
        lock.writeLock().lock();
        try {
            if (isNew) {
                putKey(ordinal, key);
            }
            for (int i = 0; i < held.length; i++) {
                if (held[i] == Held.SAME || held[i] == Held.NEW) {
                    rows.get(i).present().add(ordinal);
                }
                if (isNew && old >= 0) {
                    rows.get(i).present().remove(old);
                }
            }
            for (int i = 0; i < refusing.length; i++) {
                SearchIndex index = takers.get(i);
                if (index.isDropped()) {
                    continue;
                }
                if (refusing[i] != null) {
                    index.removeDocument(old);
                    continue;
                }
                if (isNew && old >= 0) {
                    index.moveDocument(old, ordinal);
                }
                index.addDocument(ordinal);
                for (IndexField field : index.fields()) {
                    field.put(ordinal, value(reader, field, rows, held));
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
        if (isNew && old >= 0) {
            retire(old, takers);
        }
        noteFailures(key, takers, refusing, errors);
        return ordinal;
    }

    /// Takes up a document of an image under the ordinal it had, in every index that would take it; its rows
    /// are `present` already, and the vector indexes get theirs from elsewhere.
    void restore(Key key, DocumentReader reader, int ordinal, List<VectorRows> present) {
        List<VectorRows> rows = usedSources();
        Held[] held = restored(reader, present, rows);
        ordinals.prepare(ordinal);
        lock.writeLock().lock();
        try {
            putKey(ordinal, key);
            present.forEach(each -> each.present().add(ordinal));
            for (SearchIndex index : indexes) {
                List<IndexField> fields = index.fields();
                if (isTaken(reader, fields, rows, held)) {
                    index.addDocument(ordinal);
                    fields.forEach(field -> field.put(ordinal, value(reader, field, rows, held)));
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    /// For documents that come back together.
    RestoreBatch restoreBatch() {
        return new RestoreBatch(indexes, usedSources());
    }

    /// As [#restore(Key, DocumentReader, int, List)], but the document is only put into `batch`.
    void restore(Key key, DocumentReader reader, int ordinal, List<VectorRows> present, RestoreBatch batch) {
        List<VectorRows> rows = usedSources();
        Held[] held = restored(reader, present, rows);
        ordinals.prepare(ordinal);
        batch.add(ordinal, key, present);
        for (RestoreBatch.Taken taken : batch.taken()) {
            List<IndexField> fields = taken.index().fields();
            if (isTaken(reader, fields, rows, held)) {
                taken.documents().add(ordinal);
                for (int i = 0; i < fields.size(); i++) {
                    taken.fields().get(i).add(ordinal, value(reader, fields.get(i), rows, held));
                }
            }
        }
    }

    /// Takes up what is in `batch`; nobody asks for it before its fields were settled. The caller holds no
    /// stripe.
    void take(RestoreBatch batch) {
        lock.writeLock().lock();
        try {
            for (int i = 0; i < batch.count(); i++) {
                putKey(batch.ordinal(i), batch.keyAddress(i), batch.keyLength(i));
            }
            batch.present()
                    .forEach(each -> each.rows().present().or(each.documents().bitmap()));
            for (RestoreBatch.Taken taken : batch.taken()) {
                taken.index().restoreDocuments(taken.documents().bitmap());
                taken.fields().forEach(FieldBatch::take);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private List<VectorRows> usedSources() {
        List<VectorRows> all = sources;
        for (VectorRows rows : all) {
            if (rows.isOrphan()) {
                return all.stream().filter(used -> !used.isOrphan()).toList();
            }
        }
        return all;
    }

    /// Which rows the hash's field should refer to once the document is `ordinal`: the first that hold it.
    @Nullable
    VectorRows rowsOf(String identifier, int ordinal) {
        for (VectorRows rows : sources) {
            if (!rows.isOrphan()
                    && rows.source().identifier().equals(identifier)
                    && rows.present().contains(ordinal)) {
                return rows;
            }
        }
        return null;
    }

    private void noteFailures(Key key, List<SearchIndex> takers, IndexField[] refusing, String[] errors) {
        for (int i = 0; i < refusing.length; i++) {
            if (refusing[i] != null) {
                lock.writeLock().lock();
                try {
                    takers.get(i).fail(refusing[i], errors[i], ByteStrings.of(key.toBytes()));
                } finally {
                    lock.writeLock().unlock();
                }
            }
        }
    }

    /// Takes the document out of every index; nothing happens for -1.
    void remove(int ordinal) {
        if (ordinal < 0) {
            return;
        }
        List<SearchIndex> holders = indexes;
        lock.writeLock().lock();
        try {
            for (SearchIndex index : holders) {
                if (!index.isDropped()) {
                    index.removeDocument(ordinal);
                }
            }
            for (VectorRows rows : sources) {
                rows.present().remove(ordinal);
            }
        } finally {
            lock.writeLock().unlock();
        }
        retire(ordinal, holders);
    }

    /// Takes the ordinal out of the vector indexes and starts its way back to the pool.
    private void retire(int ordinal, List<SearchIndex> holders) {
        List<IndexField.VectorField> vectors = new ArrayList<>();
        for (SearchIndex index : holders) {
            for (IndexField field : index.fields()) {
                if (field.vector() != null) {
                    vectors.add(field.vector());
                }
            }
        }
        ordinals.retire(ordinal, vectors.size());
        for (IndexField.VectorField vector : vectors) {
            vector.releases().remove(ordinal, vector.index());
        }
        ordinals.released(ordinal);
    }

    private static Held[] restored(DocumentReader reader, List<VectorRows> present, List<VectorRows> rows) {
        Held[] held = new Held[rows.size()];
        for (int i = 0; i < held.length; i++) {
            held[i] = present.contains(rows.get(i)) ? Held.SAME : held(reader, rows.get(i), -1, Set.of());
            assert held[i] != Held.NEW : "a vector that is no row yet";
        }
        return held;
    }

    private static boolean isTaken(DocumentReader reader, List<IndexField> fields, List<VectorRows> rows, Held[] held) {
        for (IndexField field : fields) {
            if (error(reader, field, rows, held) != null) {
                return false;
            }
        }
        return true;
    }

    private void putKey(int ordinal, Key key) {
        putKey(ordinal, key.address(), key.length());
        Reference.reachabilityFence(key); // A key of copyOf takes its bytes along when it goes.
    }

    private void putKey(int ordinal, long keyAddress, int keyLength) {
        keys.ensure(ordinal);
        long address = keys.address(ordinal);
        long old = Memory.getLong(address);
        if (old != 0) {
            keyBlocks.free(old); // Of whoever had the ordinal before; searches read keys up to here.
        }
        Memory.putLong(address, keyBlocks.put(keyAddress, keyLength));
    }

    private static Held held(DocumentReader reader, VectorRows rows, int old, Set<String> changed) {
        FieldName field = rows.field();
        if (!reader.find(field)) {
            return Held.ABSENT;
        }
        Rows store = rows.rows();
        boolean had = old >= 0 && rows.present().contains(old);
        if (had && !changed.contains(field.name())) {
            return Held.SAME;
        }
        if (reader.length() != store.rowBytes()) {
            return Held.INVALID;
        }
        if (had && Memory.equal(reader.address(), store.address(old), store.rowBytes())) {
            return Held.SAME; // Written again as it was: upserts of whole documents do that.
        }
        return store.type().isFinite(reader.address(), store.dim()) ? Held.NEW : Held.INVALID;
    }

    /// Why `field` keeps its document out of the index; null when it does not.
    private static @Nullable String error(DocumentReader reader, IndexField field, List<VectorRows> rows, Held[] held) {
        IndexField.VectorField vector = field.vector();
        if (vector != null) {
            int at = rows.indexOf(vector.rows());
            if (at < 0 || held[at] != Held.INVALID) {
                return null;
            }
            int expected = vector.type().bytes();
            return reader.find(vector.rows().field()) && reader.length() != expected
                    ? "Could not add vector with blob size " + reader.length() + " (expected size " + expected + ")"
                    : "Could not add vector with NaN or infinite components";
        }
        if (field.numbers() != null) {
            String value = reader.text(field.name());
            if (value != null && Double.isNaN(IndexField.number(value))) {
                return "Invalid numeric value: '" + value.substring(0, Math.min(value.length(), MAX_SHOWN_CHARS)) + "'";
            }
        }
        return null;
    }

    private static void addVector(IndexField field, int ordinal, List<VectorRows> rows, Held[] held) {
        IndexField.VectorField vector = field.vector();
        if (vector == null) {
            return;
        }
        int at = rows.indexOf(vector.rows());
        if (at < 0 || (held[at] != Held.NEW && held[at] != Held.SAME)) {
            return;
        }
        try {
            if (!vector.index().contains(ordinal)) {
                vector.index().add(ordinal);
            }
        } catch (IndexClosedException dropped) {
            // FT.DROPINDEX came in between; the write goes on for the other indexes.
        }
    }

    /// The value as [IndexField#put] takes it.
    private static @Nullable String value(DocumentReader reader, IndexField field, List<VectorRows> rows, Held[] held) {
        IndexField.VectorField vector = field.vector();
        if (vector != null) {
            int at = rows.indexOf(vector.rows());
            return at >= 0 && (held[at] == Held.NEW || held[at] == Held.SAME) ? "" : null;
        }
        return reader.text(field.name());
    }
}
