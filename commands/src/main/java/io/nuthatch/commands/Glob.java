package io.nuthatch.commands;

import io.nuthatch.engine.memory.Memory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A pattern as `KEYS`, `SCAN MATCH`, `CONFIG GET` and `PSUBSCRIBE` take it: `*`, `?`, `[abc]`, `[^a-z]`, `\`
/// before a character that stands for itself.
///
/// The corners are Redis's: an unclosed `[` reaches to the end of the pattern, a range may be written
/// backwards, bytes compare as signed, and the empty text matches only the empty pattern (commands treat a
/// lone `*` as "everything" themselves, see [#matchesEverything]).
///
/// A `*` is tried at its shortest first, and only the last `*` met is ever tried again: what stands between
/// two stars has then been placed as far left as it goes, and moving it right can only take room from what
/// follows. So the work is at most the product of the two lengths, whatever the pattern. Immutable; safe for
/// any thread.
public final class Glob {
    /// A text that can only match by more stars than these, the last of the pattern not counted, does not
    /// match: so Redis bounds its recursion, and so this is bounded here.
    private static final int MAX_STARS = 1000;

    private final byte[] pattern;
    private final boolean ignoresCase;

    private Glob(byte[] pattern, boolean ignoresCase) {
        this.pattern = pattern;
        this.ignoresCase = ignoresCase;
    }

    /// A pattern that minds the case. `pattern` is kept, not copied.
    public static Glob of(byte[] pattern) {
        return new Glob(pattern, false);
    }

    /// A pattern that takes ASCII letters in any case. `pattern` is kept, not copied.
    public static Glob ignoringCase(byte[] pattern) {
        return new Glob(pattern, true);
    }

    /// Whether the pattern is a lone `*`.
    public boolean matchesEverything() {
        return pattern.length == 1 && pattern[0] == '*';
    }

    /// Whether the pattern has no special character, so that it matches one text at most: itself.
    public boolean isLiteral() {
        for (byte b : pattern) {
            if (b == '*' || b == '?' || b == '[' || b == '\\') {
                return false;
            }
        }
        return true;
    }

    /// The bytes of the pattern; not to be changed.
    public byte[] pattern() {
        return pattern;
    }

    /// Whether the `length` bytes at native `address` match.
    public boolean matches(long address, int length) {
        return matches(null, address, length);
    }

    /// Whether `text` matches.
    public boolean matches(byte[] text) {
        return matches(text, 0, text.length);
    }

    /// Whether the UTF-8 bytes of `text` match.
    public boolean matches(String text) {
        return matches(text.getBytes(StandardCharsets.UTF_8));
    }

    private boolean matches(byte @Nullable [] array, long address, int length) {
        if (length == 0) {
            return pattern.length == 0;
        }
        int p = 0;
        int t = 0;
        int stars = 0;
        int afterStar = -1; // Where to go on in the pattern when the last star swallows one byte more.
        int starText = 0; // The first byte that star does not swallow yet.
        while (t < length) {
            if (p < pattern.length && pattern[p] == '*') {
                do {
                    p++;
                } while (p < pattern.length && pattern[p] == '*');
                if (p == pattern.length) {
                    return true;
                }
                stars++;
                if (stars > MAX_STARS) {
                    return false;
                }
                afterStar = p;
                starText = t;
                continue;
            }
            int next = p < pattern.length ? matchOne(p, byteAt(array, address, t)) : -1;
            if (next >= 0) {
                p = next;
                t++;
            } else if (afterStar >= 0) {
                starText++;
                t = starText;
                p = afterStar;
            } else {
                return false;
            }
        }
        while (p < pattern.length && pattern[p] == '*') {
            p++;
        }
        return p == pattern.length;
    }

    /// The place behind the pattern's element at `p` when it matches `b`, else -1.
    private int matchOne(int p, byte b) {
        byte element = pattern[p];
        if (element == '?') {
            return p + 1;
        }
        if (element == '[') {
            return matchClass(p + 1, b);
        }
        if (element == '\\' && p + 1 < pattern.length) {
            return same(pattern[p + 1], b) ? p + 2 : -1;
        }
        return same(element, b) ? p + 1 : -1;
    }

    private int matchClass(int start, byte b) {
        int p = start;
        boolean isNegated = p < pattern.length && pattern[p] == '^';
        if (isNegated) {
            p++;
        }
        boolean found = false;
        while (p < pattern.length && pattern[p] != ']') {
            int left = pattern.length - p;
            if (pattern[p] == '\\' && left >= 2) {
                found |= pattern[p + 1] == b; // Redis minds the case here, even where it otherwise does not.
                p += 2;
            } else if (left >= 3 && pattern[p + 1] == '-') {
                byte one = fold(pattern[p]);
                byte other = fold(pattern[p + 2]);
                byte folded = fold(b);
                found |= folded >= Math.min(one, other) && folded <= Math.max(one, other);
                p += 3;
            } else {
                found |= same(pattern[p], b);
                p++;
            }
        }
        return found != isNegated ? Math.min(p + 1, pattern.length) : -1;
    }

    private boolean same(byte one, byte other) {
        return one == other || ignoresCase && fold(one) == fold(other);
    }

    private byte fold(byte b) {
        return ignoresCase && b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
    }

    private static byte byteAt(byte @Nullable [] array, long address, int at) {
        return array != null ? array[at] : Memory.getByte(address + at);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "Glob[%s]", new String(pattern, StandardCharsets.UTF_8));
    }
}
