package io.nuthatch.commands;

import io.nuthatch.engine.keyspace.Database;
import io.nuthatch.engine.keyspace.HashValue;
import io.nuthatch.engine.keyspace.Key;
import io.nuthatch.engine.keyspace.KeyEvent;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.keyspace.Slice;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What one execution of a command stands on: the client, and the time at which the command was taken.
///
/// One belongs to each thread that executes commands and is handed on from command to command; not
/// thread-safe.
public final class CommandContext {
    /// Executes queued commands under the union of their locks; what `EXEC` calls.
    public interface TransactionExecutor {
        /// Takes every lock that the commands need, asks `mayRun` (which may look at watched keys), and if it
        /// says yes writes an array of the commands' replies, errors among them. Returns whether it did; when
        /// not, nothing was written.
        boolean execute(
                CommandContext context, List<Transaction.Queued> commands, ReplyWriter reply, BooleanSupplier mayRun);
    }

    /// After a command with more keys than this, the pool of keys shrinks back.
    private static final int KEPT_KEYS = 1024;
    private static final int MIN_SCRATCH_BYTES = 256;
    /// Scratch memory above this is for one use.
    private static final int KEPT_SCRATCH_BYTES = 64 * 1024;

    private @Nullable Session session;
    private final @Nullable TransactionExecutor transactions;
    private final CommandStats.@Nullable Recorder recorder;
    private final @Nullable Keyspace keyspace;
    private final @Nullable StripeSet stripes;
    private @Nullable Key[] keys = newKeys();
    private int keysUsed;
    private @Nullable Key prepared; // Argument `preparedIndex` of `preparedArgs`, hashed before the batch was executed.
    private @Nullable Args preparedArgs;
    private int preparedIndex;
    private final Slice slice = new Slice();
    private @Nullable HashValue hash; // One for all commands, so that a look-up makes no garbage.
    private @Nullable MemorySegment scratch; // Keeps its memory alive.
    private boolean isInTransaction;
    // The dispatcher's: quick calls of one command that share a look at the clock.
    @Nullable
    CommandEntry timedEntry;

    int timedCalls;
    long lapNanos; // When the last look was; 0 outside a batch.
    private long nowMillis;

    /// A context for `session` outside a server, for tests: it executes no transaction.
    public CommandContext(Session session) {
        this.session = session;
        this.transactions = null;
        this.recorder = null;
        this.keyspace = null;
        this.stripes = null;
    }

    /// A context for `session` outside a server, for tests of commands that use the keyspace.
    public CommandContext(Session session, Keyspace keyspace) {
        this.session = session;
        this.transactions = null;
        this.recorder = null;
        this.keyspace = keyspace;
        this.stripes = new StripeSet(keyspace.stripes());
    }

    CommandContext(TransactionExecutor transactions, CommandStats.Recorder recorder, Keyspace keyspace) {
        this.transactions = transactions;
        this.recorder = recorder;
        this.keyspace = keyspace;
        this.stripes = new StripeSet(keyspace.stripes());
    }

    public Session session() {
        Session current = session;
        if (current == null) {
            throw new IllegalStateException("no session");
        }
        return current;
    }

    /// Goes on with another client.
    public void setSession(Session value) {
        this.session = value;
    }

    /// Unix milliseconds at which the command was taken: the time that decides every expiry it meets.
    public long nowMillis() {
        return nowMillis;
    }

    /// Sets the command's time.
    public void setNowMillis(long value) {
        this.nowMillis = value;
    }

    /// All databases.
    public Keyspace keyspace() {
        Keyspace all = keyspace;
        if (all == null) {
            throw new IllegalStateException("a context without a keyspace");
        }
        return all;
    }

    /// The client's database.
    public Database database() {
        return keyspace().database(session().databaseIndex());
    }

    /// Argument `index` as a key. The object is one of a pool: valid during this call of the command only.
    public Key key(Args args, int index) {
        if (index == preparedIndex && args == preparedArgs && prepared != null) {
            return prepared;
        }
        if (keysUsed == keys.length) {
            keys = Arrays.copyOf(keys, keysUsed * 2);
        }
        Key key = keys[keysUsed];
        if (key == null) {
            key = new Key();
            keys[keysUsed] = key;
        }
        keysUsed++;
        return key.set(args.address(index), args.length(index));
    }

    /// Native memory of at least `bytes` bytes for a value on its way into the keyspace; what it holds is
    /// gone with the next call of this method.
    public long scratch(int bytes) {
        MemorySegment memory = scratch;
        if (memory == null || memory.byteSize() < bytes || memory.byteSize() > KEPT_SCRATCH_BYTES) {
            memory = Arena.ofAuto().allocate(Math.max(bytes, MIN_SCRATCH_BYTES), Long.BYTES);
            scratch = memory;
        }
        return memory.address();
    }

    /// A place for an answer of the keyspace, overwritten by whoever uses it next.
    public Slice slice() {
        return slice;
    }

    /// The record of a key that the command reads, 0 when it is absent. Counts as a use of the key (unless
    /// the client said `CLIENT NO-TOUCH`) and as a hit or a miss; a miss is a keyspace event, too.
    public long lookUp(Key key) {
        Database database = database();
        long record = session().isNoTouch() ? database.peek(key, nowMillis) : database.find(key, nowMillis);
        countLookUp(database, key, record != 0);
        return record;
    }

    /// As [#lookUp], but never as a use of the key (`EXISTS`, `TYPE`, `TTL`).
    public long lookUpUntouched(Key key) {
        Database database = database();
        long record = database.peek(key, nowMillis);
        countLookUp(database, key, record != 0);
        return record;
    }

    /// As [#lookUp], for a hash: null when the key is absent, `WRONGTYPE` when it holds something else.
    public @Nullable HashValue lookUpHash(Key key) {
        HashValue found = findHash(key);
        countLookUp(database(), key, found != null);
        return found;
    }

    /// The hash at a key that the command changes, null when it is absent. This and the two beside it give
    /// one and the same object at every call: a command has one hash in its hands at a time.
    public @Nullable HashValue findHash(Key key) {
        HashValue found = database().hash(key, nowMillis, hash);
        if (found != null) {
            hash = found;
        }
        return found;
    }

    /// As [#findHash], but never null: the first field put creates the key.
    public HashValue findOrCreateHash(Key key) {
        HashValue found = database().hashForWrite(key, nowMillis, hash);
        hash = found;
        return found;
    }

    private void countLookUp(Database database, Key key, boolean isHit) {
        if (recorder != null) {
            recorder.lookedUp(isHit);
        }
        if (!isHit) {
            database.signal(key, KeyEvent.KEYMISS);
        }
    }

    /// Whether the command is executed as part of `EXEC`.
    public boolean isInTransaction() {
        return isInTransaction;
    }

    void setInTransaction(boolean value) {
        isInTransaction = value;
    }

    /// Gives the key of a call that was hashed before; forgotten when the next command begins.
    public void prepare(Args args, int index, Key key) {
        prepared = key;
        preparedArgs = args;
        preparedIndex = index;
    }

    /// Takes the keys of the last command back.
    void recycleKeys() {
        keysUsed = 0;
        prepared = null;
        preparedArgs = null;
        if (keys.length > KEPT_KEYS) {
            keys = newKeys();
        }
    }

    StripeSet stripes() {
        if (stripes == null) {
            throw new IllegalStateException("a context without a keyspace");
        }
        return stripes;
    }

    private static @Nullable Key[] newKeys() {
        return new Key[16];
    }

    /// What executes a transaction.
    public TransactionExecutor transactions() {
        if (transactions == null) {
            throw new IllegalStateException("a context without a dispatcher");
        }
        return transactions;
    }

    CommandStats.Recorder recorder() {
        if (recorder == null) {
            throw new IllegalStateException("a context without a dispatcher");
        }
        return recorder;
    }
}
