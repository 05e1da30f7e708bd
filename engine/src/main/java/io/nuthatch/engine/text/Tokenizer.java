package io.nuthatch.engine.text;

import java.util.ArrayList;
import java.util.List;

/// Cuts the text of a document into words, by RediSearch's rules.
///
/// Words end at white space and at the signs ``,./(){}[]:;~!@#$%^&*-=+|'`"<>?`` and at NUL; `_` and every
/// byte from 128 on belong to words. A backslash makes the separator after it part of the word and vanishes;
/// before another character it vanishes alone. Control characters inside words vanish. Words are in lower
/// case (of Unicode where the text is UTF-8). Where RediSearch drops line ends and so glues the last word of
/// a line to the first of the next, we part them.
///
/// Threads: any; the methods are pure.
public final class Tokenizer {
    /// Longer words are cut: nobody types them, and each costs a place in the dictionary.
    public static final int MAX_WORD_BYTES = 1 << 10;

    private static final boolean[] SEPARATORS = new boolean[256];

    static {
        for (char c : " \t\n\u000b\f\r,./(){}[]:;~!@#$%^&*-=+|'`\"<>?\0".toCharArray()) {
            SEPARATORS[c] = true;
        }
    }

    private Tokenizer() {}

    /// Receives words in the order of the text.
    @FunctionalInterface
    public interface Sink {
        void word(String lowerCase);
    }

    /// The words of `text`, a byte string, without stop words.
    public static List<String> words(String text, StopWords stopWords) {
        List<String> words = new ArrayList<>();
        tokenize(text, stopWords, words::add);
        return List.copyOf(words);
    }

    /// Hands the words of `text`, a byte string, to `sink`, without stop words.
    public static void tokenize(String text, StopWords stopWords, Sink sink) {
        int length = text.length();
        int i = 0;
        StringBuilder changed = new StringBuilder();
        while (i < length) {
            while (i < length && isSeparator(text.charAt(i))) {
                i++;
            }
            int start = i;
            boolean isPlain = true; // The word is the text between start and i as it stands.
            while (i < length) {
                char c = text.charAt(i);
                if (c == '\\') {
                    if (isPlain) {
                        changed.setLength(0);
                        changed.append(text, start, i);
                        isPlain = false;
                    }
                    i++;
                    if (i < length && (isSeparator(text.charAt(i)) || text.charAt(i) == '\\')) {
                        changed.append(text.charAt(i));
                        i++;
                    }
                    continue;
                }
                if (isSeparator(c)) {
                    break;
                }
                boolean isControl = c < ' ' || c == 0x7f;
                if (isControl && isPlain) {
                    changed.setLength(0);
                    changed.append(text, start, i);
                    isPlain = false;
                }
                if (!isPlain && !isControl) {
                    changed.append(c);
                }
                i++;
            }
            String word = isPlain ? text.substring(start, i) : changed.toString();
            if (!word.isEmpty()) {
                if (word.length() > MAX_WORD_BYTES) {
                    word = word.substring(0, MAX_WORD_BYTES);
                }
                String lower = ByteStrings.lower(word);
                if (!stopWords.contains(lower)) {
                    sink.word(lower);
                }
            }
        }
    }

    private static boolean isSeparator(char c) {
        return c < 256 && SEPARATORS[c];
    }
}
