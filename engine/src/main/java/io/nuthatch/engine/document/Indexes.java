package io.nuthatch.engine.document;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.hnsw.FlatIndex;
import io.nuthatch.engine.hnsw.HnswIndex;
import io.nuthatch.engine.hnsw.HnswParameters;
import io.nuthatch.engine.hnsw.IndexThreads;
import io.nuthatch.engine.hnsw.VectorIndex;
import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.DocumentHooks;
import io.nuthatch.engine.keyspace.HashSlot;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.KeyspaceListener;
import io.nuthatch.engine.keyspace.Record;
import io.nuthatch.engine.keyspace.Slice;
import io.nuthatch.engine.keyspace.Stripes;
import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.recall.FieldRecall;
import io.nuthatch.engine.recall.LiveRecall;
import io.nuthatch.engine.text.ByteStrings;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// All indexes of the server, and what keeps them true: every change of a HASH of database 0 goes through
/// here under the key's stripe, before the writer is answered.
///
/// Where a vector is: in the rows of its field, once. The hash refers to the row and the keyspace reads
/// through it ([#address]). When the last index over the rows is dropped, a background task gives each hash
/// its bytes back and then frees the rows; the field is readable all the time.
///
/// Every record of a document carries a word for us: `space + 1` and the ordinal, or, for a key that several
/// spaces cover, minus the number of a list of those.
///
/// Threads: the registry's methods from any thread that holds no stripe, or all of them (as in MULTI); one at
/// a time does its work. [#onEvent], [#beforeRemove] and [#address] under the key's stripe, as the keyspace
/// calls them.
public final class Indexes implements DocumentHooks, KeyspaceListener, AutoCloseable {
    /// How many indexes there may be.
    public static final int MAX_INDEXES = 10_000;

    private static final int SLOT_BATCH = 256;
    private static final long ROOM_LOOK_MILLIS =
            100; // Between two looks whether an index that a scan fills is dropped.
    private static final long NEVER = 0; // As "now", nothing has expired yet: whoever calls has decided expiry already.

    private final Keyspace keyspace;
    private final Database database;
    private final Stripes stripes;
    private final MemoryAccount account;
    private final NanoClock nanoClock;
    private final EpochClock epochClock;
    private final IndexThreads indexThreads;
    private final Executor background;
    private final Documents documents = new HashDocuments();
    private final QueryCache queries = new QueryCache();
    private final FilterCache filters = new FilterCache();
    private final LiveRecall liveRecall;
    private final Map<String, SearchIndex> byName = new TreeMap<>(); // Guarded by this, as what follows.
    private final Map<String, SearchIndex> aliases = new TreeMap<>();
    private boolean usesCodes = true;
    private int nextSpace;
    private int nextRows;
    private int pins;
    private final List<DocumentSpace> parked = new ArrayList<>(); // To be closed once nothing is pinned.
    private volatile boolean isStopping;
    private volatile Map<String, SearchIndex> byNameOrAlias = Map.of();
    private volatile List<DocumentSpace> spaces = List.of();
    private final Map<Integer, DocumentSpace> spaceById =
            new ConcurrentHashMap<>(); // Dropped ones too, until handed back.
    private final Map<Integer, VectorRows> rowsById = new ConcurrentHashMap<>();
    private final SharedDocuments shared = new SharedDocuments();
    private final RegistryLog log;

    /// The caller sets the result as the keyspace's documents, and hands it every event of the keyspace's
    /// listener.
    ///
    /// @param background runs tasks that may take minutes: first scans, hand-backs of rows
    public Indexes(
            Keyspace keyspace,
            MemoryAccount account,
            NanoClock nanoClock,
            EpochClock epochClock,
            IndexThreads indexThreads,
            Executor background) {
        this.keyspace = keyspace;
        this.database = keyspace.database(0);
        this.stripes = keyspace.stripes();
        this.account = account;
        this.nanoClock = nanoClock;
        this.epochClock = epochClock;
        this.indexThreads = indexThreads;
        this.background = background;
        this.liveRecall = new LiveRecall(nanoClock);
        this.log = new RegistryLog(keyspace);
    }

    // --- The registry -----------------------------------------------------------------------------------------------

    /// The index of that name or alias (a byte string), or null. Without a lock.
    public @Nullable SearchIndex find(String nameOrAlias) {
        return byNameOrAlias.get(nameOrAlias);
    }

    /// The samples of all indexes. The owner calls its [LiveRecall#doWork].
    public LiveRecall liveRecall() {
        return liveRecall;
    }

    /// Brings up to date what [#reusableBytes] takes a document for; too slow for each command.
    public void measure() {
        Map<String, Long> owners = account.byOwner();
        spaces.forEach(space -> space.measure(owners));
    }

    /// About how many bytes off the heap documents that are gone have left for the next ones: rows, links,
    /// keys. They are counted as in use, and an index does not give them back while it has documents. As of
    /// now, by the documents' size of the last [#measure]. Any thread.
    public long reusableBytes() {
        long sum = 0;
        for (DocumentSpace space : spaces) {
            sum += space.reusableBytes();
        }
        return sum;
    }

    /// How often searches found their query parsed already, and their filter's documents at hand.
    public CacheStats cacheStats() {
        return new CacheStats(queries.hits(), queries.misses(), filters.hits(), filters.misses());
    }

    /// Whether searches go by codes where an index has them; see [HnswIndex#setUsesCodes].
    public synchronized void setUsesCodes(boolean isEnabled) {
        usesCodes = isEnabled;
        byName.values().forEach(this::obeyUsesCodes);
    }

    private void obeyUsesCodes(SearchIndex index) {
        for (IndexField field : index.fields()) {
            IndexField.VectorField vector = field.vector();
            if (vector != null && vector.index() instanceof HnswIndex graph) {
                graph.setUsesCodes(usesCodes);
            }
        }
    }

    /// Whether parsed queries and their filters' documents are kept; off, what is kept is forgotten.
    public void setQueryCache(boolean isEnabled) {
        queries.setEnabled(isEnabled);
        filters.setEnabled(isEnabled);
    }

    /// Lookups since the start; `filters` are those of hybrid searches alone.
    public record CacheStats(long queryHits, long queryMisses, long filterHits, long filterMisses) {}

    /// Names of all indexes, in the order of their bytes.
    public synchronized List<String> names() {
        return List.copyOf(byName.keySet());
    }

    /// Aliases with the names they stand for.
    public synchronized Map<String, String> aliases() {
        Map<String, String> all = new TreeMap<>();
        aliases.forEach((alias, index) -> all.put(alias, index.name()));
        return all;
    }

    /// Makes an index. Keys that are there already are read in the background, unless `skipInitialScan`.
    public synchronized SearchIndex create(IndexDefinition definition, boolean skipInitialScan) {
        if (byNameOrAlias.containsKey(definition.name())) {
            throw new SearchException("Index already exists");
        }
        if (byName.size() >= MAX_INDEXES) {
            throw SearchException.of("Too many indexes: at most %d", MAX_INDEXES);
        }
        DocumentSpace space = spaceFor(DocumentSpace.normal(definition.prefixes()));
        List<IndexField> fields = new ArrayList<>();
        for (FieldSpec field : definition.fields()) {
            fields.add(open(field, definition, space));
        }
        SearchIndex index = new SearchIndex(space, documents, nanoClock, account, queries, filters, definition, fields);
        if (!skipInitialScan) {
            index.setProgress(0);
        }
        space.add(index); // From here on it hears of writes.
        if (!spaces.contains(space)) {
            List<DocumentSpace> next = new ArrayList<>(spaces);
            next.add(space);
            spaces = List.copyOf(next);
        }
        byName.put(definition.name(), index);
        publish();
        log.created(definition, skipInitialScan);
        if (!skipInitialScan) {
            background.execute(() -> scan(index));
        }
        return index;
    }

    /// Adds fields to an index; documents get them in the background, unless `skipInitialScan`.
    public synchronized void alter(String nameOrAlias, List<FieldSpec> more, boolean skipInitialScan) {
        SearchIndex index = find(nameOrAlias);
        if (index == null) {
            throw new SearchException("Unknown index name");
        }
        IndexDefinition definition = index.definition().withFields(more);
        DocumentSpace space = index.space();
        List<IndexField> fields = new ArrayList<>();
        for (FieldSpec field : more) {
            fields.add(open(field, definition, space));
        }
        space.lock().writeLock().lock();
        try {
            index.addFields(definition, fields);
        } finally {
            space.lock().writeLock().unlock();
        }
        log.altered(index.name(), more, skipInitialScan);
        if (!skipInitialScan) {
            index.setProgress(0);
            background.execute(() -> scan(index));
        }
    }

    /// What becomes of an index's documents when it is dropped.
    public enum Drop {
        /// They stay, as plain hashes.
        KEEP_DOCUMENTS,
        /// They are deleted.
        DELETE_DOCUMENTS
    }

    /// Drops an index; false when there is none of that name or alias. Its aliases go with it.
    public boolean drop(String nameOrAlias, Drop drop) {
        SearchIndex index;
        List<byte[]> keys = List.of();
        synchronized (this) {
            index = find(nameOrAlias);
            if (index == null) {
                return false;
            }
            if (drop == Drop.DELETE_DOCUMENTS) {
                keys = keysOf(index);
            }
            byName.remove(index.name());
            aliases.values().removeIf(target -> target == index);
            publish();
            log.dropped(index.name());
            close(index);
        }
        for (byte[] key : keys) {
            delete(key);
        }
        return true;
    }

    /// Gives an index another name. Throws [SearchException] when the alias exists or the index does not.
    public synchronized void addAlias(String alias, String indexName) {
        SearchIndex index = byName.get(indexName);
        if (index == null) {
            throw new SearchException("Unknown index name (or name is an alias itself)");
        }
        if (byName.containsKey(alias)) {
            throw new SearchException("Alias name matches an existing index");
        }
        if (aliases.containsKey(alias)) {
            throw new SearchException("Alias already exists");
        }
        putAlias(alias, index);
    }

    /// As [#addAlias], but takes the alias away from another index.
    public synchronized void updateAlias(String alias, String indexName) {
        SearchIndex index = byName.get(indexName);
        if (index == null) {
            throw new SearchException("Unknown index name (or name is an alias itself)");
        }
        if (byName.containsKey(alias)) {
            throw new SearchException("Alias name matches an existing index");
        }
        putAlias(alias, index);
    }

    private void putAlias(String alias, SearchIndex index) {
        aliases.put(alias, index);
        publish();
        log.aliased(alias, index.name());
    }

    /// Throws [SearchException] when there is no such alias.
    public synchronized void deleteAlias(String alias) {
        if (aliases.remove(alias) == null) {
            throw new SearchException("Alias does not exist");
        }
        publish();
        log.unaliased(alias);
    }

    /// Makes the registry's present state the one that [#find] reads.
    private void publish() {
        Map<String, SearchIndex> all = new TreeMap<>(aliases);
        all.putAll(byName);
        byNameOrAlias = Map.copyOf(all);
        for (SearchIndex index : byName.values()) {
            List<String> own = new ArrayList<>();
            aliases.forEach((alias, target) -> {
                if (target == index) {
                    own.add(alias);
                }
            });
            index.setAliases(own);
        }
    }

    private DocumentSpace spaceFor(List<String> prefixes) {
        for (DocumentSpace space : spaces) {
            if (space.prefixes().equals(prefixes)) {
                return space;
            }
        }
        DocumentSpace space = new DocumentSpace(nextSpace, prefixes, account);
        nextSpace++;
        spaceById.put(space.id(), space);
        return space;
    }

    private IndexField open(FieldSpec spec, IndexDefinition definition, DocumentSpace space) {
        IndexField.VectorField vector = null;
        if (spec.type() instanceof FieldType.Vector type && spec.isIndexed()) {
            VectorRows rows = space.rowsFor(new VectorRows.Source(spec.identifier(), type), nextRows);
            if (rows.id() == nextRows) {
                nextRows++;
                rowsById.put(rows.id(), rows);
            }
            Releases releases = new Releases(space.ordinals());
            String owner = SearchIndex.accountOwner(definition.name());
            VectorIndex index = switch (type.algorithm()) {
                case FLAT ->
                    new FlatIndex(
                            rows.rows(), type.metric(), indexThreads, nanoClock, account, owner, releases::released);
                case HNSW -> {
                    HnswIndex graph = new HnswIndex(
                            rows.rows(),
                            type.metric(),
                            SearchIndex.parameters(type),
                            indexThreads,
                            nanoClock,
                            account,
                            owner,
                            releases::released);
                    graph.setUsesCodes(usesCodes);
                    yield graph;
                }
            };
            FieldRecall recall = type.algorithm() == FieldType.Vector.Algorithm.FLAT
                    ? null
                    : new FieldRecall(liveRecall, HnswParameters.EF_MAX);
            vector = new IndexField.VectorField(type, rows, index, releases, recall);
        }
        return new IndexField(spec, definition, vector, account);
    }

    /// Closes an index that the registry no longer knows, and starts the hand-back of what only it held.
    private void close(SearchIndex index) {
        DocumentSpace space = index.space();
        List<VectorRows> orphans = space.remove(index);
        boolean isLast = space.indexes().isEmpty();
        if (isLast) {
            List<DocumentSpace> next = new ArrayList<>(spaces);
            next.remove(space);
            spaces = List.copyOf(next);
        }
        if (isLast || !orphans.isEmpty()) {
            background.execute(() -> handBack(space, orphans, isLast));
        }
    }

    // --- Background work --------------------------------------------------------------------------------------------

    /// Reads every key that was there before the index, hash slot by hash slot. Writes meanwhile index
    /// themselves.
    private void scan(SearchIndex index) {
        DocumentSpace space = index.space();
        for (int slot = 0; slot < HashSlot.COUNT && !index.isDropped() && !isStopping; slot++) {
            if (database.size(slot) > 0) {
                forEachKey(slot, (key, record) -> space.covers(key.address(), key.length()), this::update);
                awaitRoom(index);
            }
            index.setProgress((double) slot / HashSlot.COUNT);
        }
        index.setProgress(1);
    }

    /// Waits until the index's space has room, unless it is dropped meanwhile or the thread interrupted.
    private void awaitRoom(SearchIndex index) {
        try {
            while (!index.isDropped() && !isStopping && !index.space().hasRoom()) {
                CountDownLatch room = new CountDownLatch(1);
                whenRoom(room::countDown);
                room.await(ROOM_LOOK_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /// Gives the hashes back the bytes of rows that no index searches any more, then frees the rows; and,
    /// when the space is done with, its documents' words.
    private void handBack(DocumentSpace space, List<VectorRows> orphans, boolean isLast) {
        awaitWriters(); // Nobody makes a document of the space, or a reference to these rows, after this.
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            if (database.size(slot) > 0) {
                forEachKey(slot, (key, record) -> Record.document(record) != 0, key -> {
                    HashValue hash = hash(key);
                    if (hash == null) {
                        return;
                    }
                    for (VectorRows rows : orphans) {
                        hash.materialise(rows.id());
                    }
                    if (isLast) {
                        long word = Record.document(hash.record());
                        database.setDocument(key, hash.record(), shared.without(word, space.id()));
                    }
                });
            }
            if (isStopping) {
                return; // All is closed together.
            }
        }
        orphans.forEach(space::detach);
        awaitWriters();
        awaitUnpinned();
        for (VectorRows rows : orphans) {
            rowsById.remove(rows.id());
            space.close(rows);
        }
        if (isLast) {
            spaceById.remove(space.id());
            space.close();
        }
    }

    /// Returns when every write that was under way has ended: what they had looked up before is theirs no
    /// more.
    private void awaitWriters() {
        for (int stripe = 0; stripe < Stripes.COUNT; stripe++) {
            if (!stripes.isHeldByMe(stripe)) {
                stripes.lock(stripe);
                stripes.unlock(stripe);
            }
        }
    }

    /// What is done with a key, under its stripe.
    private interface KeyAction {
        void run(Key key);
    }

    /// Which keys of a slot are meant; under the stripe, without writing.
    private interface KeyCondition {
        boolean test(Key key, long record);
    }

    /// Runs `action` for the keys of a slot that hold a hash and meet `condition`, each under its stripe; the
    /// stripe is given up between them, so that writers wait for one document at most.
    private void forEachKey(int slot, KeyCondition condition, KeyAction action) {
        List<byte[]> keys = new ArrayList<>();
        database.forEachKeyOfSlot(slot, Integer.MAX_VALUE, NEVER, (key, record) -> {
            if (Record.isHash(record) && condition.test(key, record)) {
                keys.add(key.toBytes());
            }
        });
        for (byte[] bytes : keys) {
            try (Arena arena = Arena.ofConfined()) {
                Key key = key(arena, bytes);
                locked(key, () -> action.run(key));
            }
        }
    }

    /// A key whose bytes live as long as the arena.
    private static Key key(Arena arena, byte[] bytes) {
        return new Key().set(copy(arena, bytes), bytes.length);
    }

    private static long copy(Arena arena, byte[] bytes) {
        long address = arena.allocate(Math.max(1, bytes.length), 8).address();
        Memory.copyIn(bytes, 0, address, bytes.length);
        return address;
    }

    private void locked(Key key, Runnable action) {
        int stripe = stripes.stripeOf(key.hashSlot());
        boolean isHeld = stripes.isHeldByMe(stripe);
        if (!isHeld) {
            stripes.lock(stripe);
        }
        try {
            action.run();
        } finally {
            if (!isHeld) {
                stripes.unlock(stripe);
            }
        }
    }

    private @Nullable HashValue hash(Key key) {
        return hash(key, NEVER);
    }

    private @Nullable HashValue hash(Key key, long now) {
        long record = database.peek(key, now);
        return record != 0 && Record.isHash(record) ? database.hash(key, now) : null;
    }

    private List<byte[]> keysOf(SearchIndex index) {
        List<byte[]> keys = new ArrayList<>();
        DocumentSpace space = index.space();
        space.lock().readLock().lock();
        try {
            index.documents().forEach((int ordinal) -> keys.add(space.key(ordinal)));
        } finally {
            space.lock().readLock().unlock();
        }
        return keys;
    }

    private void delete(byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            Key key = key(arena, bytes);
            locked(key, () -> {
                if (database.remove(key)) {
                    database.signal(key, KeyEvent.DEL);
                }
            });
        }
    }

    // --- Writes -----------------------------------------------------------------------------------------------------

    @Override
    public void onEvent(Database changed, Key key, KeyEvent event) {
        if (changed != database || spaces.isEmpty()) {
            return;
        }
        switch (event) {
            case HSET, HDEL, HINCRBY, HINCRBYFLOAT, HEXPIRED, RENAME_TO, COPY_TO, MOVE_TO, RESTORE -> update(key);
            default -> {
                // Removals came through beforeRemove; the others change no hash.
            }
        }
    }

    /// Whether a write to the key may go on: no index that covers it has too many vectors waiting. Cheap
    /// where none has; any thread, without locks.
    public boolean hasRoom(long keyAddress, int keyLength) {
        if (hasRoom()) {
            return true;
        }
        for (DocumentSpace space : spaces) {
            if (space.covers(keyAddress, keyLength) && !space.hasRoom()) {
                return false;
            }
        }
        return true;
    }

    /// As above, for a write to any keys.
    public boolean hasRoom() {
        return indexThreads.hasRoom();
    }

    /// Runs `action` once, when it is worth to ask [#hasRoom] again: at once or later, in any thread. It must
    /// not block or take locks.
    public void whenRoom(Runnable action) {
        indexThreads.whenRoom(action);
    }

    /// Brings the key's document up to date in all spaces; under its stripe.
    private void update(Key key) {
        List<DocumentSpace> all = spaces;
        HashValue hash = null;
        DocumentReader reader = null;
        Set<String> changed = Set.of();
        for (DocumentSpace space : all) {
            if (!space.covers(key.address(), key.length())) {
                continue;
            }
            if (hash == null || reader == null) {
                hash = hash(key);
                if (hash == null) {
                    return;
                }
                reader = new DocumentReader(hash);
                changed = changedFields(all, key, reader);
            }
            long word = Record.document(hash.record());
            int old = shared.ordinal(word, space.id());
            int ordinal = space.write(key, reader, old, changed);
            for (VectorRows rows : space.sources()) {
                refer(space, rows, reader, ordinal);
            }
            long next = ordinal < 0
                    ? shared.without(word, space.id())
                    : ordinal == old ? word : shared.with(word, space.id(), ordinal);
            if (next != word) {
                database.setDocument(key, hash.record(), next);
            }
        }
    }

    /// The vector fields of the hash that hold bytes: those that were written since the document was last
    /// looked at.
    private static Set<String> changedFields(List<DocumentSpace> spaces, Key key, DocumentReader reader) {
        Set<String> changed = new HashSet<>();
        for (DocumentSpace space : spaces) {
            if (space.covers(key.address(), key.length())) {
                for (VectorRows rows : space.sources()) {
                    if (reader.find(rows.field()) && !reader.isRow(rows.field())) {
                        changed.add(rows.field().name());
                    }
                }
            }
        }
        return changed;
    }

    /// Lets the hash's field refer to the document's row, unless another space holds it.
    private void refer(DocumentSpace space, VectorRows rows, DocumentReader reader, int ordinal) {
        FieldName field = rows.field();
        if (!reader.find(field)) {
            return;
        }
        boolean isRow = reader.isRow(field);
        if (isRow) {
            VectorRows present = rowsById.get(reader.rowsId(field));
            if (present != null && !present.isOrphan() && !space.sources().contains(present)) {
                return; // Another space's; it stays there.
            }
        }
        VectorRows wanted = ordinal < 0 ? null : space.rowsOf(field.name(), ordinal);
        if (wanted == null) {
            if (isRow) {
                reader.hash().materialise(reader.rowsId(field));
            }
        } else if (!isRow || reader.rowsId(field) != wanted.id() || reader.rowOrdinal(field) != ordinal) {
            reader.putRow(field, wanted.id(), ordinal);
        }
    }

    @Override
    public void beforeRemove(Database owner, Key key, long record) {
        long word = Record.document(record);
        shared.forEach(word, (spaceId, ordinal) -> {
            DocumentSpace space = spaceById.get(spaceId);
            if (space != null) {
                space.remove(ordinal);
            }
        });
        shared.free(word);
    }

    @Override
    public long address(int rowsId, int ordinal) {
        return rows(rowsId).rows().address(ordinal);
    }

    @Override
    public int bytes(int rowsId) {
        return rows(rowsId).rows().rowBytes();
    }

    private VectorRows rows(int rowsId) {
        VectorRows rows = rowsById.get(rowsId);
        if (rows == null) {
            throw new AssertionError("a hash refers to rows " + rowsId + ", which are gone");
        }
        return rows;
    }

    /// FLUSHALL, and FLUSHDB of database 0, take the indexes with them, as in Redis: all at once, since no
    /// hash will miss its rows.
    @Override
    public synchronized boolean beforeFlush(Database flushed) {
        if (flushed != database) {
            return false;
        }
        dropAll();
        return true;
    }

    /// SWAPDB leaves the documents behind as plain hashes ([#beforeRemove] came for each); the indexes read
    /// what is in database 0 now. After a flush there is no index left.
    @Override
    public void onFlush(Database flushed) {
        if (flushed == database) {
            for (SearchIndex index : byNameOrAlias.values()) {
                index.setProgress(0); // For a checkpoint that comes before the scan.
                background.execute(() -> scan(index));
            }
        }
    }

    // --- Checkpoints ------------------------------------------------------------------------------------------------

    /// Until [#unpin], rows and ordinals stay in memory although their index is dropped or flushed. Returns
    /// the spaces there are.
    synchronized List<DocumentSpace> pin() {
        pins++;
        return spaces;
    }

    void unpin() {
        synchronized (this) {
            pins--;
            if (pins > 0) {
                return;
            }
            parked.forEach(DocumentSpace::close);
            parked.clear();
            notifyAll();
        }
    }

    private synchronized void awaitUnpinned() {
        try {
            while (pins > 0) {
                wait();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt(); // The server stops, and all memory goes.
        }
    }

    /// The indexes there are now, in the order of their names. One may be dropped while the list is looked
    /// at.
    public synchronized List<SearchIndex> all() {
        return List.copyOf(byName.values());
    }

    Database database() {
        return database;
    }

    SharedDocuments shared() {
        return shared;
    }

    /// Brings the document of a key up to date, as a write would.
    void refresh(byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            Key key = key(arena, bytes);
            locked(key, () -> update(key));
        }
    }

    /// Reads every key for the index once more, in the background.
    void rescan(SearchIndex index) {
        index.setProgress(0);
        background.execute(() -> scan(index));
    }

    // --- Reading documents ------------------------------------------------------------------------------------------

    /// The values of some fields of a document, in their order; an element is null where the document lacks
    /// the field, the whole is null when the key is gone. Takes the key's stripe unless this thread holds it.
    ///
    /// @param identifiers hash fields, byte strings
    public @Nullable List<byte @Nullable []> load(byte[] key, List<String> identifiers) {
        List<byte @Nullable []> values = new ArrayList<>();
        boolean isThere = read(key, (arena, hash) -> {
            Slice slice = new Slice();
            for (String identifier : identifiers) {
                byte[] name = ByteStrings.bytes(identifier);
                values.add(hash.get(copy(arena, name), name.length, slice) ? slice.toBytes() : null);
            }
        });
        return isThere ? values : null;
    }

    /// All fields of a document, name and value by turns; null when the key is gone. Takes the key's stripe
    /// unless this thread holds it.
    public @Nullable List<byte[]> loadAll(byte[] key) {
        List<byte[]> pairs = new ArrayList<>();
        boolean isThere = read(
                key,
                (arena, hash) -> hash.forEach((fieldAddress, fieldLength, valueAddress, valueLength, expireAt) -> {
                    pairs.add(Memory.toBytes(fieldAddress, fieldLength));
                    pairs.add(Memory.toBytes(valueAddress, valueLength));
                }));
        return isThere ? pairs : null;
    }

    /// Reads a hash under its stripe; the arena is for what it needs meanwhile.
    private interface HashAction {
        void run(Arena arena, HashValue hash);
    }

    private boolean read(byte[] bytes, HashAction action) {
        boolean[] isThere = new boolean[1];
        try (Arena arena = Arena.ofConfined()) {
            Key key = key(arena, bytes);
            locked(key, () -> {
                HashValue hash = hash(key, epochClock.nowMillis());
                if (hash != null) {
                    action.run(arena, hash);
                    isThere[0] = true;
                }
            });
        }
        return isThere[0];
    }

    /// The documents as searches see them.
    private final class HashDocuments implements Documents {
        @Override
        public void expireDue() {
            database.expireDue(epochClock.nowMillis());
        }

        @Override
        public int ordinalOf(String keyName, DocumentSpace space) {
            int[] ordinal = {-1};
            try (Arena arena = Arena.ofConfined()) {
                Key key = key(arena, ByteStrings.bytes(keyName));
                locked(key, () -> {
                    long record = database.peek(key, NEVER);
                    if (record != 0) {
                        ordinal[0] = shared.ordinal(Record.document(record), space.id());
                    }
                });
            }
            return ordinal[0];
        }

        @Override
        public @Nullable String field(byte[] key, String identifier) {
            List<byte @Nullable []> values = load(key, List.of(identifier));
            byte[] value = values == null ? null : values.getFirst();
            return value == null ? null : ByteStrings.of(value);
        }
    }

    /// Has the background's tasks end soon, with their work undone. The caller waits for that before it
    /// closes: they read what [#close] frees.
    public void stop() {
        isStopping = true;
    }

    /// Drops everything at once, for a server that stops: the hashes lose what their rows held.
    @Override
    public synchronized void close() {
        dropAll();
    }

    private void dropAll() {
        List<SearchIndex> dropped = all();
        byName.clear();
        aliases.clear();
        publish();
        spaces = List.of();
        for (SearchIndex index : dropped) {
            index.space().remove(index);
        }
        if (pins > 0) {
            parked.addAll(spaceById.values());
        } else {
            spaceById.values().forEach(DocumentSpace::close); // Those that are being handed back, too.
        }
        spaceById.clear();
        rowsById.clear();
        shared.clear();
    }

    /// The keyspace whose documents these are.
    public Keyspace keyspace() {
        return keyspace;
    }
}
