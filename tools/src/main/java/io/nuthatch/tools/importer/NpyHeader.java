package io.nuthatch.tools.importer;

import io.nuthatch.engine.vector.VectorType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The head of a NumPy file, versions 1 to 3.
///
/// ```
/// 93 "NUMPY" | major, minor (1 each) | length (2, LE; 4 since version 2) | a Python dict as text
/// {'descr': '<f4', 'fortran_order': False, 'shape': (1000, 384), }
/// ```
/// The text is never evaluated: three entries are looked for.
///
/// @param isBigEndian of components of more than a byte
record NpyHeader(VectorType type, boolean isBigEndian, long rows, int dim) {
    static final byte[] MAGIC = "\u0093NUMPY".getBytes(StandardCharsets.ISO_8859_1);

    private static final int MAX_BYTES = 1 << 16;
    private static final Pattern TYPE = Pattern.compile("'descr'\\s*:\\s*'([^']{1,16})'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(\\s*([0-9, ]*)\\)");

    /// Reads it, so that the first row is next.
    static NpyHeader read(FileInput in) throws IOException {
        if (!in.startsWith(MAGIC)) {
            throw in.malformed("no NumPy file: it does not begin with \\x93NUMPY");
        }
        in.readBytes(MAGIC.length);
        int major = in.readByte();
        in.readByte();
        if (major < 1 || major > 3) {
            throw in.malformed("version " + major + " of NumPy's format; versions 1 to 3 are read");
        }
        int length = 0;
        for (int i = 0; i < (major == 1 ? 2 : 4); i++) {
            length |= in.readByte() << (8 * i);
        }
        if (length < 0 || length > MAX_BYTES) {
            throw in.malformed("a head of " + Integer.toUnsignedString(length) + " bytes; at most " + MAX_BYTES);
        }
        String text = new String(in.readBytes(length), StandardCharsets.UTF_8);
        if (find(in, ORDER, text, "fortran_order").equals("True")) {
            throw in.malformed("the array is in Fortran order; save numpy.ascontiguousarray(array) instead");
        }
        String descr = find(in, TYPE, text, "descr");
        String[] shape = find(in, SHAPE, text, "shape").strip().split("\\s*,\\s*");
        if (shape.length != 2) {
            throw in.malformed("the array has " + shape.length + " dimensions; 2 are taken, a vector in each row");
        }
        long rows = number(in, shape[0]);
        long dim = number(in, shape[1]);
        if (dim < 1 || dim > VectorType.DIM_MAX) {
            throw in.malformed("vectors of " + dim + " components; 1 to " + VectorType.DIM_MAX + " are taken");
        }
        return new NpyHeader(typeOf(in, descr), descr.charAt(0) == '>', rows, (int) dim);
    }

    private static VectorType typeOf(FileInput in, String descr) throws MalformedFileException {
        return switch (descr) {
            case "<f2", ">f2" -> VectorType.FLOAT16;
            case "<f4", ">f4" -> VectorType.FLOAT32;
            case "<f8", ">f8" -> VectorType.FLOAT64;
            case "|i1" -> VectorType.INT8;
            case "|u1" -> VectorType.UINT8;
            default ->
                throw in.malformed(
                        "components of type '" + descr + "'; float16, float32, float64, int8 and uint8 are taken");
        };
    }

    private static long number(FileInput in, String digits) throws MalformedFileException {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException notANumber) {
            throw in.malformed("'" + digits + "' is no number of rows or components");
        }
    }

    private static String find(FileInput in, Pattern pattern, String text, String name) throws MalformedFileException {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw in.malformed("the head does not say '" + name + "'");
        }
        return matcher.group(1);
    }
}
