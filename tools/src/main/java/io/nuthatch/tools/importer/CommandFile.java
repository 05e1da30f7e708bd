package io.nuthatch.tools.importer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/// Commands as clients send them: arrays of bulk strings, as in an append-only file, or lines of words.
///
/// An item is a command, or a transaction from MULTI to EXEC. A file that ends inside a transaction leaves
/// nothing of it. Commands that would change what replies mean, or whom the connection belongs to, are
/// refused by name.
final class CommandFile implements Source {
    /// As many as Redis takes.
    private static final int MAX_ARGUMENTS = 1 << 20;

    private static final int MAX_COMMAND_BYTES = 1 << 30;
    private static final int MAX_LINE_BYTES = 1 << 16;
    private static final int KEPT_SCRATCH_BYTES = 1 << 22;

    private static final Set<String> REFUSED = Set.of(
            "AUTH",
            "CLIENT",
            "HELLO",
            "MONITOR",
            "PSUBSCRIBE",
            "PSYNC",
            "QUIT",
            "REPLCONF",
            "RESET",
            "SHUTDOWN",
            "SSUBSCRIBE",
            "SUBSCRIBE",
            "SYNC");

    private final FileInput in;

    // The command in hand: argument i is from ends[i - 1] to ends[i] of scratch.
    private byte[] scratch = new byte[1 << 12];
    private int[] ends = new int[16];
    private int count;
    private long place;

    private boolean hasFrames; // Whether an array was met; places are lines before, and offsets behind.
    private long lines;
    private byte[] database; // As the last SELECT said.
    private boolean databaseIsTold;

    /// Commands for the database that the connection is in.
    CommandFile(FileInput in) {
        this.in = in;
        this.database = new byte[0];
        this.databaseIsTold = true;
    }

    /// Commands for `database`, as long as they select no other.
    CommandFile(FileInput in, byte[] database) {
        this.in = in;
        this.database = database;
    }

    @Override
    public boolean next(CommandSink sink) throws IOException, BadItemException {
        if (!readCommand()) {
            return false;
        }
        String name = name();
        if (name.equals("MULTI")) {
            transaction(sink);
            return true;
        }
        if (REFUSED.contains(name)) {
            throw new BadItemException(place, name + " cannot be imported");
        }
        if (name.equals("SELECT") && count == 2) {
            database = Arrays.copyOfRange(scratch, ends[0], ends[1]);
            databaseIsTold = false;
            tellDatabase(sink);
            return true;
        }
        tellDatabase(sink);
        write(sink);
        return true;
    }

    /// After a SELECT, which may have been passed while an import was resumed.
    private void tellDatabase(CommandSink sink) throws IOException {
        if (!databaseIsTold && sink != CommandSink.NOWHERE) {
            databaseIsTold = true;
            sink.select(database, place);
        }
    }

    /// Sends a transaction; one that ends too early, or holds what is refused, is discarded as a whole.
    private void transaction(CommandSink sink) throws IOException, BadItemException {
        tellDatabase(sink);
        write(sink);
        BadItemException refused = null;
        boolean isOpen = true;
        try {
            while (isOpen) {
                if (!readCommand()) {
                    throw in.malformed("the file ends inside a transaction, of which nothing was done");
                }
                String name = name();
                isOpen = !name.equals("EXEC") && !name.equals("DISCARD");
                if (REFUSED.contains(name) && refused == null) {
                    refused = new BadItemException(place, name + " cannot be imported; its transaction was left out");
                }
                if (refused == null) {
                    write(sink);
                }
            }
        } finally {
            if (isOpen || refused != null) {
                sink.begin(1);
                sink.argument("DISCARD".getBytes(StandardCharsets.US_ASCII));
                sink.end(place);
            }
        }
        if (refused != null) {
            throw refused;
        }
    }

    private void write(CommandSink sink) throws IOException {
        sink.begin(count);
        int from = 0;
        for (int i = 0; i < count; i++) {
            sink.argument(scratch, from, ends[i] - from);
            from = ends[i];
        }
        sink.end(place);
    }

    private String name() {
        return new String(scratch, 0, Math.min(ends[0], 16), StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
    }

    /// Reads the next command into the scratch; false at the end of the file.
    private boolean readCommand() throws IOException {
        while (true) {
            count = 0;
            if (scratch.length > KEPT_SCRATCH_BYTES) {
                scratch = new byte[KEPT_SCRATCH_BYTES];
            }
            long offset = in.offset();
            int first = in.peek();
            if (first < 0) {
                return false;
            }
            if (first == '*') {
                hasFrames = true;
                place = offset;
                if (readFrame()) {
                    return true;
                }
                continue;
            }
            byte[] line = in.readLine(MAX_LINE_BYTES);
            lines++;
            place = hasFrames ? offset : -lines;
            // An append-only file notes times behind a #.
            if (line != null && line.length > 0 && line[0] != '#' && readWords(line)) {
                return true;
            }
        }
    }

    private boolean readFrame() throws IOException {
        in.readByte();
        long arguments = readNumber();
        if (arguments > MAX_ARGUMENTS) {
            throw in.malformed("a command of " + arguments + " arguments; at most " + MAX_ARGUMENTS + " are taken");
        }
        for (long i = 0; i < arguments; i++) {
            int type = in.readByte();
            if (type != '$') {
                throw in.malformed("expected '$', got '" + (char) type + "'");
            }
            long length = readNumber();
            in.checkLength(length);
            int from = count == 0 ? 0 : ends[count - 1];
            if (from + length > MAX_COMMAND_BYTES) {
                throw in.malformed("a command of more than " + MAX_COMMAND_BYTES + " bytes");
            }
            readArgument(from, (int) length);
            if (in.readByte() != '\r' || in.readByte() != '\n') {
                throw in.malformed("an argument is not followed by a line end");
            }
        }
        return arguments > 0;
    }

    /// Reads in steps that double, so that a length alone never allocates.
    private void readArgument(int from, int length) throws IOException {
        int read = 0;
        while (read < length) {
            int step = Math.min(length - read, Math.max(1 << 12, from + read));
            reserve(from + read + step);
            in.readFully(scratch, from + read, step);
            read += step;
        }
        endArgument(from + length);
    }

    private void reserve(int bytes) {
        if (bytes > scratch.length) {
            scratch = Arrays.copyOf(scratch, Math.max(bytes, (int) Math.min(MAX_COMMAND_BYTES, 2L * scratch.length)));
        }
    }

    private void endArgument(int end) {
        if (count == ends.length) {
            ends = Arrays.copyOf(ends, 2 * count);
        }
        ends[count++] = end;
    }

    private long readNumber() throws IOException {
        long number = 0;
        int digits = 0;
        int next = in.readByte();
        boolean isNegative = next == '-';
        if (isNegative) {
            next = in.readByte();
        }
        while (next >= '0' && next <= '9' && digits < 18) {
            number = 10 * number + (next - '0');
            digits++;
            next = in.readByte();
        }
        if (digits == 0 || next != '\r' || in.readByte() != '\n') {
            throw in.malformed("a number was expected here");
        }
        return isNegative ? -number : number;
    }

    /// Splits a line as Redis does: words, "with \n \r \t \b \a \" \\ \xhh", or 'with \''.
    private boolean readWords(byte[] line) throws MalformedFileException {
        int at = 0;
        int end = 0;
        while (true) {
            while (at < line.length && isBlank(line[at])) {
                at++;
            }
            if (at == line.length) {
                return count > 0;
            }
            reserve(end + line.length);
            int quote = line[at] == '"' || line[at] == '\'' ? line[at++] : 0;
            while (at < line.length && (quote != 0 ? line[at] != quote : !isBlank(line[at]))) {
                byte next = line[at++];
                if (next == '\\' && quote == '"' && at < line.length) {
                    boolean isHex = line[at] == 'x'
                            && at + 2 < line.length
                            && Character.digit(line[at + 1], 16) >= 0
                            && Character.digit(line[at + 2], 16) >= 0;
                    next = isHex
                            ? (byte) (Character.digit(line[at + 1], 16) << 4 | Character.digit(line[at + 2], 16))
                            : unescaped(line[at]);
                    at += isHex ? 3 : 1;
                } else if (next == '\\' && quote == '\'' && at < line.length && line[at] == '\'') {
                    next = line[at++];
                }
                scratch[end++] = next;
            }
            if (quote != 0 && (at == line.length || at + 1 < line.length && !isBlank(line[at + 1]))) {
                throw in.malformed("line " + lines + " has unbalanced quotes");
            }
            at += quote != 0 ? 1 : 0;
            endArgument(end);
        }
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static byte unescaped(byte b) {
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> b;
        };
    }

    @Override
    public long position() {
        return in.offset();
    }

    @Override
    public long size() {
        return in.size();
    }

    @Override
    public String describe(long where) {
        return where < 0 ? "line " + -where : "offset " + where;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
