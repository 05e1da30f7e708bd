package io.nuthatch.tools.importer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/// Values between commas or tabs, RFC 4180: a value in double quotes may hold separators, line ends, and
/// quotes doubled. The first row names the fields, unless the names are given. An empty value is no field.
/// Blank lines are passed. Text stays as it is; names are UTF-8.
final class CsvFile implements RowReader {
    private static final int MAX_ROW_BYTES = 64 << 20;
    private static final int MAX_FIELDS = 1 << 16;
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private final FileInput in;
    private final int separator;
    private final List<String> names;
    private long row;
    private long line = 1;

    // The row in hand: value i is from ends[i - 1] to ends[i] of bytes.
    private byte[] bytes = new byte[1 << 10];
    private int[] ends = new int[16];
    private int count;
    private long firstLine;

    /// @param names of the fields; empty when the file's first row has them
    CsvFile(FileInput in, char separator, List<String> names) throws IOException {
        this.in = in;
        this.separator = separator;
        if (in.startsWith(BYTE_ORDER_MARK)) {
            in.readBytes(BYTE_ORDER_MARK.length);
        }
        this.names = names.isEmpty() ? readNames() : names;
        if (new HashSet<>(this.names).size() != this.names.size()) {
            throw in.malformed("two fields have the same name: " + this.names);
        }
    }

    private List<String> readNames() throws IOException {
        try {
            if (!readRow()) {
                throw in.malformed("the file is empty; its first row should name the fields");
            }
        } catch (BadItemException bad) {
            throw in.malformed(bad.text());
        }
        String[] read = new String[count];
        for (int i = 0; i < count; i++) {
            read[i] = new String(bytes, start(i), ends[i] - start(i), StandardCharsets.UTF_8).strip();
        }
        return List.of(read);
    }

    private int start(int i) {
        return i == 0 ? 0 : ends[i - 1];
    }

    @Override
    public boolean next(Row next) throws IOException, BadItemException {
        if (!readRow()) {
            return false;
        }
        next.begin(row++, firstLine);
        if (count != names.size()) {
            throw new BadItemException(firstLine, count + " values, but there are " + names.size() + " fields");
        }
        for (int i = 0; i < count; i++) {
            if (ends[i] > start(i)) {
                next.add(names.get(i), Arrays.copyOfRange(bytes, start(i), ends[i]));
            }
        }
        return true;
    }

    /// Reads values up to the end of a row; false at the end of the file.
    private boolean readRow() throws IOException, BadItemException {
        while (in.peek() == '\n' || in.peek() == '\r') {
            line += in.read() == '\n' ? 1 : 0;
        }
        count = 0;
        firstLine = line;
        if (in.peek() < 0) {
            return false;
        }
        int used = 0;
        boolean isStart = true;
        boolean isQuoted = false;
        while (true) {
            int next = in.read();
            if (isQuoted) {
                if (next < 0) {
                    throw in.malformed("line " + firstLine + ": the file ends inside a quoted value");
                }
                if (next == '"' && in.peek() != '"') {
                    isQuoted = false;
                    continue;
                }
                if (next == '"') {
                    in.read();
                }
                line += next == '\n' ? 1 : 0;
            } else if (next == separator || next < 0 || next == '\n') {
                int end = used;
                if (next != separator && end > (count == 0 ? 0 : ends[count - 1]) && bytes[end - 1] == '\r') {
                    end--; // Of CR LF.
                }
                endValue(end);
                if (next != separator) {
                    line++;
                    return true;
                }
                isStart = true;
                continue;
            } else if (next == '"' && isStart) {
                isQuoted = true;
                isStart = false;
                continue;
            }
            isStart = false;
            if (used == bytes.length) {
                if (used >= MAX_ROW_BYTES) {
                    throw in.malformed("line " + firstLine + " begins a row of more than " + MAX_ROW_BYTES + " bytes");
                }
                bytes = Arrays.copyOf(bytes, 2 * used);
            }
            bytes[used++] = (byte) next;
        }
    }

    private void endValue(int end) throws MalformedFileException {
        if (count == ends.length) {
            if (count >= MAX_FIELDS) {
                throw in.malformed("line " + firstLine + " has more than " + MAX_FIELDS + " values");
            }
            ends = Arrays.copyOf(ends, 2 * count);
        }
        ends[count++] = end;
    }

    @Override
    public String unit() {
        return "line";
    }

    @Override
    public FileInput input() {
        return in;
    }
}
