package io.nuthatch.commands.admin;

import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Session;
import io.nuthatch.resp.Args;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;

/// The slowest recent commands: those that took at least `slowlog-log-slower-than` microseconds, the last
/// `slowlog-max-len` of them. Long commands are clipped as in Redis. Any thread.
public final class SlowLog {
    private static final int MAX_ARGUMENTS = 32;
    private static final int MAX_ARGUMENT_BYTES = 128;

    /// One slow command.
    ///
    /// @param arguments clipped, secrets redacted
    record Entry(long id, long seconds, long micros, List<byte[]> arguments, String address, String name) {}

    private final LongSupplier maxLength;
    private final Deque<Entry> entries = new ArrayDeque<>(); // Newest first; guarded by this.
    private long nextId; // Guarded by this.

    /// `maxLength` is `slowlog-max-len`, asked at each entry.
    public SlowLog(LongSupplier maxLength) {
        this.maxLength = maxLength;
    }

    /// Adds a command.
    void add(Session session, CommandSpec spec, Args args, long durationNanos, long nowMillis) {
        List<byte[]> arguments = clip(spec, args);
        String name = session.name();
        String address = session.connection().remoteAddress();
        synchronized (this) {
            entries.addFirst(new Entry(
                    nextId++, nowMillis / 1000, durationNanos / 1000, arguments, address, name == null ? "" : name));
            trim();
        }
    }

    private void trim() {
        long most = maxLength.getAsLong();
        while (entries.size() > most) {
            entries.removeLast();
        }
    }

    /// The newest `count` entries, newest first; all when it is -1.
    synchronized List<Entry> newest(long count) {
        List<Entry> found = new ArrayList<>();
        for (Entry entry : entries) {
            if (count >= 0 && found.size() >= count) {
                break;
            }
            found.add(entry);
        }
        return found;
    }

    synchronized int length() {
        return entries.size();
    }

    synchronized void reset() {
        entries.clear();
    }

    private static List<byte[]> clip(CommandSpec spec, Args args) {
        BitSet secrets = Redaction.of(spec, args);
        int count = args.count();
        int shown = count > MAX_ARGUMENTS ? MAX_ARGUMENTS - 1 : count;
        List<byte[]> arguments = new ArrayList<>();
        for (int i = 0; i < shown; i++) {
            byte[] bytes = secrets.get(i) ? Redaction.SHOWN.getBytes(StandardCharsets.UTF_8) : args.bytes(i);
            if (bytes.length > MAX_ARGUMENT_BYTES) {
                byte[] tail = ("... (" + (bytes.length - MAX_ARGUMENT_BYTES) + " more bytes)")
                        .getBytes(StandardCharsets.UTF_8);
                byte[] clipped = Arrays.copyOf(bytes, MAX_ARGUMENT_BYTES + tail.length);
                System.arraycopy(tail, 0, clipped, MAX_ARGUMENT_BYTES, tail.length);
                bytes = clipped;
            }
            arguments.add(bytes);
        }
        if (shown < count) {
            arguments.add(("... (" + (count - shown) + " more arguments)").getBytes(StandardCharsets.UTF_8));
        }
        return arguments;
    }
}
