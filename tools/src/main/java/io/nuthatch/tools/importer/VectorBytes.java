package io.nuthatch.tools.importer;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.vector.VectorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Makes vectors of one type from components of another or from text, as the bytes that a vector field takes.
/// Not thread-safe.
final class VectorBytes {
    private final VectorType from;
    private final VectorType to;
    private final MemorySegment source; // Collected with this object.
    private final MemorySegment target;

    VectorBytes(VectorType from, VectorType to) {
        this.from = from;
        this.to = to;
        Arena arena = Arena.ofAuto();
        this.source = arena.allocate((long) VectorType.DIM_MAX * from.bytes(), Long.BYTES);
        this.target = arena.allocate((long) VectorType.DIM_MAX * to.bytes(), Long.BYTES);
    }

    /// The vector of `raw`, little endian components of the source's type; integers are rounded and clamped
    /// to their range.
    byte[] of(byte[] raw) {
        if (from == to) {
            return raw;
        }
        int dim = raw.length / from.bytes();
        Memory.copyIn(raw, 0, source.address(), raw.length);
        for (int i = 0; i < dim; i++) {
            to.put(target.address(), i, from.get(source.address(), i));
        }
        return Memory.toBytes(target.address(), dim * to.bytes());
    }

    /// The vector of numbers like `[0.1, -2e-3]`; brackets may be missing, and blanks or semicolons may stand
    /// for commas.
    ///
    /// @throws NumberFormatException when something in it is no number, or there is none or too many of them
    byte[] ofText(String text) {
        String inner = text.strip();
        if (inner.startsWith("[") && inner.endsWith("]")) {
            inner = inner.substring(1, inner.length() - 1);
        }
        int dim = 0;
        int at = 0;
        while (true) {
            while (at < inner.length() && isSeparator(inner.charAt(at))) {
                at++;
            }
            if (at == inner.length() || dim == VectorType.DIM_MAX) {
                break;
            }
            int start = at;
            while (at < inner.length() && !isSeparator(inner.charAt(at))) {
                at++;
            }
            to.put(target.address(), dim++, Double.parseDouble(inner.substring(start, at)));
        }
        if (dim == 0 || at < inner.length()) {
            throw new NumberFormatException(
                    (dim == 0 ? "no numbers" : "more than " + dim) + "; 1 to " + VectorType.DIM_MAX + " make a vector");
        }
        return Memory.toBytes(target.address(), dim * to.bytes());
    }

    private static boolean isSeparator(char c) {
        return c == ',' || c == ';' || Character.isWhitespace(c);
    }
}
