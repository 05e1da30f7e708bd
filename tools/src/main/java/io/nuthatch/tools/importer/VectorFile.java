package io.nuthatch.tools.importer;

import io.nuthatch.engine.vector.VectorType;
import java.io.IOException;

/// Files of vectors and nothing else; a row is its vector.
///
/// ```
/// .fvecs .bvecs        for each vector: dim (4, LE) | float32 or uint8...
/// .fbin .u8bin .i8bin  rows (4, LE) | dim (4, LE) | float32, uint8 or int8...
/// .npy                 NpyHeader | components
/// ```
final class VectorFile implements RowReader {
    private final FileInput in;
    private final String field;
    private final VectorType type;
    private final boolean isBigEndian;
    private final int dim;
    private final long rows; // -1 when only the end of the file says.
    private final boolean hasRowHeaders;
    private final VectorBytes convert;
    private long row;

    private VectorFile(
            FileInput in,
            String field,
            VectorType from,
            VectorType to,
            boolean isBigEndian,
            long rows,
            int dim,
            boolean hasRowHeaders)
            throws IOException {
        this.in = in;
        this.field = field;
        this.type = from;
        this.isBigEndian = isBigEndian;
        this.dim = dim;
        this.rows = rows;
        this.hasRowHeaders = hasRowHeaders;
        this.convert = new VectorBytes(from, to);
        checkSize();
    }

    /// A file with the dimension before each vector.
    ///
    /// @param from the type in the file
    /// @param to the type of the field's bytes
    static VectorFile vecs(FileInput in, VectorType from, VectorType to, String field) throws IOException {
        if (in.peek() < 0) {
            return new VectorFile(in, field, from, to, false, 0, 1, true);
        }
        byte[] head = new byte[Integer.BYTES];
        for (int i = 0; i < head.length; i++) {
            head[i] = (byte) in.peek(i);
        }
        return new VectorFile(in, field, from, to, false, -1, checkDim(in, littleEndian(head)), true);
    }

    /// A file with the count and the dimension at its beginning.
    static VectorFile bin(FileInput in, VectorType from, VectorType to, String field) throws IOException {
        long rows = Integer.toUnsignedLong(littleEndian(in.readBytes(Integer.BYTES)));
        int dim = checkDim(in, littleEndian(in.readBytes(Integer.BYTES)));
        return new VectorFile(in, field, from, to, false, rows, dim, false);
    }

    /// A NumPy array; its components' type is the field's when `to` is null.
    static VectorFile npy(FileInput in, TypeChoice choice, String field) throws IOException {
        NpyHeader header = NpyHeader.read(in);
        return new VectorFile(
                in,
                field,
                header.type(),
                choice.of(header.type()),
                header.isBigEndian(),
                header.rows(),
                header.dim(),
                false);
    }

    /// The type of a field's bytes, by the type in the file.
    interface TypeChoice {
        VectorType of(VectorType inFile);
    }

    private long rowBytes() {
        return (hasRowHeaders ? Integer.BYTES : 0) + (long) dim * type.bytes();
    }

    /// A file that is too short or too long is refused before its first vector is sent.
    private void checkSize() throws MalformedFileException {
        if (in.size() < 0) {
            return;
        }
        long bytes = in.size() - in.offset();
        long whole = bytes / rowBytes();
        if (rows >= 0 ? whole != rows || bytes % rowBytes() != 0 : bytes % rowBytes() != 0) {
            throw new MalformedFileException(
                    in.name(),
                    in.offset() + Math.min(whole, rows < 0 ? whole : rows) * rowBytes(),
                    "there are " + (rows < 0 ? "" : rows + " vectors announced and ") + whole + " whole ones of " + dim
                            + " components, and " + bytes % rowBytes() + " bytes more; nothing was imported");
        }
    }

    private static int checkDim(FileInput in, int dim) throws MalformedFileException {
        if (dim < 1 || dim > VectorType.DIM_MAX) {
            throw in.malformed("vectors of " + Integer.toUnsignedString(dim) + " components; 1 to " + VectorType.DIM_MAX
                    + " are taken");
        }
        return dim;
    }

    @Override
    public boolean next(Row next) throws IOException {
        if (rows >= 0 ? row == rows : in.peek() < 0) {
            return false;
        }
        next.begin(row, row);
        if (hasRowHeaders) {
            int said = littleEndian(in.readBytes(Integer.BYTES));
            if (said != dim) {
                throw in.malformed("row " + row + " has " + Integer.toUnsignedString(said)
                        + " components, and the first one " + dim);
            }
        }
        byte[] raw = in.readBytes((long) dim * type.bytes());
        if (isBigEndian) {
            reverseComponents(raw);
        }
        next.add(field, convert.of(raw));
        row++;
        return true;
    }

    private void reverseComponents(byte[] raw) {
        int bytes = type.bytes();
        for (int start = 0; start < raw.length; start += bytes) {
            for (int i = 0; i < bytes / 2; i++) {
                byte first = raw[start + i];
                raw[start + i] = raw[start + bytes - 1 - i];
                raw[start + bytes - 1 - i] = first;
            }
        }
    }

    private static int littleEndian(byte[] bytes) {
        return bytes[0] & 0xff | (bytes[1] & 0xff) << 8 | (bytes[2] & 0xff) << 16 | (bytes[3] & 0xff) << 24;
    }

    @Override
    public void skip(long count) throws IOException {
        if (in.size() < 0) {
            RowReader.super.skip(count);
            return;
        }
        long passed = Math.min(count, (in.size() - in.offset()) / rowBytes());
        in.seek(in.offset() + passed * rowBytes());
        row += passed;
    }

    @Override
    public String unit() {
        return "row";
    }

    @Override
    public FileInput input() {
        return in;
    }
}
