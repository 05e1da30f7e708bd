package io.nuthatch.engine.text;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// The inverted index of one TEXT field, with positions.
///
/// Two halves. By word: the set of its documents, for filters and counts. By document: the words it holds
/// with their positions, as one packed string off the heap; phrases and frequencies read it, and an update
/// learns from it which sets to leave. So nothing is tombstoned and no sweep is needed: a document is out the
/// moment it is replaced.
///
/// A word whose stem differs is filed under the stem as well, as the pseudo-word `+stem` (as RediSearch
/// does): the query adds it to find other forms of the word.
///
/// A document's string, all numbers as varints: tokens, then per word in the order of word numbers: step from
/// the last number, `count << 1 | isStem`, and for real words `count` positions (steps).
///
/// Threads: the owner's read-write lock.
public final class TextPostings implements AutoCloseable {
    /// A word and the documents that hold it.
    public static final class Term {
        private final String text;
        private final int number;
        private final OrdinalSet documents = new OrdinalSet();

        private Term(String text, int number) {
            this.text = text;
            this.number = number;
        }

        public String text() {
            return text;
        }

        public OrdinalSet documents() {
            return documents;
        }

        /// Its number in the index, for [TextPostings#counts].
        public int number() {
            return number;
        }
    }

    private final StopWords stopWords;
    private final @Nullable Stemmer stemmer;
    private final boolean indexEmpty;
    private final Map<String, Term> terms = new HashMap<>();
    private final TreeMap<String, Term> words = new TreeMap<>(); // Without stems; for prefixes and scans.
    private final List<@Nullable Term> byNumber = new ArrayList<>();
    private int[] freeNumbers = new int[16];
    private int freeCount;
    private final RecordTable streams; // ordinal -> block, 0 for none
    private final Blocks blocks;
    private long tokens;
    private long records;
    private long termBytes;
    private long forgotten;

    // Scratch of the one writer.
    private final Map<String, int[]> occurrences = new HashMap<>();
    private byte[] encoded = new byte[256];
    private int encodedLength;
    private int position;

    /// `stemmer` null for NOSTEM.
    public TextPostings(
            StopWords stopWords,
            @Nullable Stemmer stemmer,
            boolean indexEmpty,
            MemoryAccount.Counter streamCounter,
            MemoryAccount.Counter blockCounter) {
        this.stopWords = stopWords;
        this.stemmer = stemmer;
        this.indexEmpty = indexEmpty;
        this.streams = new RecordTable(Long.BYTES, streamCounter);
        this.blocks = new Blocks(blockCounter);
    }

    /// Makes `text` the document's; null takes the document out. Does nothing when the words are the same.
    public void put(int ordinal, @Nullable String text) {
        long old = block(ordinal);
        if (text == null) {
            if (old != 0) {
                forget(ordinal, old);
                Memory.putLong(streams.address(ordinal), 0);
            }
            return;
        }
        collect(text);
        encode();
        if (old != 0) {
            if (Blocks.holds(old, encoded, encodedLength)) {
                dropUnused();
                return;
            }
            forgetSets(ordinal, old);
        }
        TermCursor cursor = new TermCursor(encoded, encodedLength);
        while (cursor.next()) {
            Term term = byNumber.get(cursor.number);
            assert term != null : "word " + cursor.number;
            if (term != null) {
                term.documents.add(ordinal);
                records++;
            }
        }
        tokens += cursor.tokens;
        if (old != 0) {
            blocks.free(old);
            dropEmpty();
        }
        streams.ensure(ordinal);
        Memory.putLong(streams.address(ordinal), blocks.put(encoded, 0, encodedLength));
        occurrences.clear();
    }

    /// Moves a document to another ordinal.
    public void move(int from, int to) {
        long block = block(from);
        if (block == 0) {
            return;
        }
        TermCursor cursor = cursor(block);
        while (cursor.next()) {
            Term term = byNumber.get(cursor.number);
            if (term != null) {
                term.documents.remove(from);
                term.documents.add(to);
            }
        }
        Memory.putLong(streams.address(from), 0);
        streams.ensure(to);
        Memory.putLong(streams.address(to), block);
    }

    // --- Reading ----------------------------------------------------------------------------------------------------

    /// The word, or null when no document holds it. A stem is asked for as `+stem`.
    public @Nullable Term term(String text) {
        return terms.get(text);
    }

    /// The stem under which documents with other forms of `word` are filed; null when stems do not count
    /// here.
    public @Nullable String stem(String word) {
        return stemmer == null ? null : stemmer.stem(word);
    }

    /// Words that begin with `prefix`.
    public List<Term> withPrefix(String prefix) {
        List<Term> found = new ArrayList<>();
        for (Term term : words.tailMap(prefix, true).values()) {
            if (!term.text.startsWith(prefix)) {
                break;
            }
            found.add(term);
        }
        return found;
    }

    /// Words that `condition` takes, by a scan of the dictionary.
    public List<Term> matching(Predicate<String> condition) {
        List<Term> found = new ArrayList<>();
        for (Term term : words.values()) {
            if (condition.test(term.text)) {
                found.add(term);
            }
        }
        return found;
    }

    /// Documents that hold the words side by side and in this order.
    ///
    /// `step` is called before each document that holds them all; the owner's lock may be given away and
    /// taken again inside it, and then documents count as they are when it is their turn.
    public RoaringBitmap phrase(List<String> phrase, Runnable step) {
        Term[] found = terms(phrase);
        if (found == null) {
            return new RoaringBitmap();
        }
        RoaringBitmap candidates = found[0].documents.bitmap();
        for (int i = 1; i < found.length; i++) {
            candidates = RoaringBitmap.and(candidates, found[i].documents.bitmap());
        }
        RoaringBitmap result = new RoaringBitmap();
        int[] @Nullable [] positions = new int[found.length][];
        long known = forgotten;
        for (int ordinal : candidates.toArray()) {
            step.run();
            if (known != forgotten) { // A number may stand for another word by now.
                known = forgotten;
                found = terms(phrase);
                if (found == null) {
                    break;
                }
            }
            if (holdsPhrase(ordinal, found, positions)) {
                result.add(ordinal);
            }
        }
        return result;
    }

    /// Null when no document holds one of the words.
    private Term @Nullable [] terms(List<String> phrase) {
        Term[] found = new Term[phrase.size()];
        for (int i = 0; i < found.length; i++) {
            Term term = terms.get(phrase.get(i));
            if (term == null) {
                return null;
            }
            found[i] = term;
        }
        return found;
    }

    /// How many words have left the dictionary so far. A [Term] got before the last of them may be out of
    /// use, and its number another's.
    public long forgotten() {
        return forgotten;
    }

    private boolean holdsPhrase(int ordinal, Term[] phrase, int[] @Nullable [] positions) {
        long block = block(ordinal);
        if (block == 0) {
            return false;
        }
        Arrays.fill(positions, null);
        TermCursor cursor = cursor(block);
        while (cursor.next()) {
            int[] ofTerm = null;
            for (int i = 0; i < phrase.length; i++) {
                if (phrase[i].number == cursor.number) {
                    ofTerm = ofTerm == null ? cursor.positions() : ofTerm;
                    positions[i] = ofTerm;
                }
            }
        }
        int[] starts = positions[0];
        if (starts == null) {
            return false;
        }
        for (int start : starts) {
            boolean all = true;
            for (int i = 1; i < phrase.length && all; i++) {
                int[] places = positions[i];
                all = places != null && Arrays.binarySearch(places, start + i) >= 0;
            }
            if (all) {
                return true;
            }
        }
        return false;
    }

    /// How often each of `sought` stands in the document, into `counts`; returns the document's tokens.
    ///
    /// @param sought numbers of words of this index, ascending; those the document lacks get 0
    /// @param maxCount element 0 becomes the highest count of any word in the document if that is higher
    public int counts(int ordinal, int[] sought, int[] counts, int[] maxCount) {
        Arrays.fill(counts, 0, sought.length, 0);
        long block = block(ordinal);
        if (block == 0) {
            return 0;
        }
        TermCursor cursor = cursor(block);
        while (cursor.next()) {
            maxCount[0] = Math.max(maxCount[0], cursor.count);
            int at = Arrays.binarySearch(sought, cursor.number);
            if (at >= 0) {
                counts[at] = cursor.count;
            }
        }
        return cursor.tokens;
    }

    public boolean has(int ordinal) {
        return block(ordinal) != 0;
    }

    /// Different words, without stems.
    public int wordCount() {
        return words.size();
    }

    /// (word, document) pairs.
    public long records() {
        return records;
    }

    /// Words of all documents, with repetitions.
    public long tokens() {
        return tokens;
    }

    /// Bytes of the documents' strings.
    public long streamBytes() {
        return blocks.usedBytes();
    }

    /// Bytes of the dictionary, about.
    public long dictionaryBytes() {
        return termBytes;
    }

    /// Bytes of the sets, about.
    public long setBytes() {
        long bytes = 0;
        for (Term term : terms.values()) {
            bytes += term.documents.bytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        terms.clear();
        words.clear();
        byNumber.clear();
        streams.close();
        blocks.close();
    }

    // --- Writing ----------------------------------------------------------------------------------------------------

    private long block(int ordinal) {
        return streams.has(ordinal) ? Memory.getLong(streams.address(ordinal)) : 0;
    }

    /// Words of `text` with their positions, into [#occurrences]: element 0 counts, the positions follow.
    private void collect(String text) {
        occurrences.clear();
        position = 0;
        Tokenizer.tokenize(text, stopWords, word -> {
            note(word, position);
            if (stemmer != null) {
                String stem = stemmer.stem(word);
                if (!stem.equals(word)) {
                    note("+" + stem, position);
                }
            }
            position++;
        });
        if (position == 0 && indexEmpty && text.isEmpty()) {
            note("", 0);
        }
    }

    private void note(String word, int at) {
        int[] list = occurrences.get(word);
        if (list == null) {
            list = new int[3];
            occurrences.put(word, list);
        } else if (list[0] + 1 == list.length) {
            list = Arrays.copyOf(list, 2 * list.length);
            occurrences.put(word, list);
        }
        list[0]++;
        list[list[0]] = at;
    }

    private void encode() {
        int size = occurrences.size();
        long[] order = new long[size];
        List<int[]> lists = new ArrayList<>(size);
        for (Map.Entry<String, int[]> entry : occurrences.entrySet()) {
            Term term = termFor(entry.getKey());
            order[lists.size()] = (long) term.number << 32 | lists.size();
            lists.add(entry.getValue());
        }
        Arrays.sort(order);
        encodedLength = 0;
        write(position);
        int last = -1;
        for (long key : order) {
            int number = (int) (key >> 32);
            int[] list = lists.get((int) key);
            Term term = byNumber.get(number);
            boolean isStem = term != null && isStem(term.text);
            write(number - last);
            write(list[0] << 1 | (isStem ? 1 : 0));
            last = number;
            if (!isStem) {
                int from = 0;
                for (int i = 1; i <= list[0]; i++) {
                    write(list[i] - from);
                    from = list[i];
                }
            }
        }
    }

    /// A word of a text never begins with `+` unless it was escaped; such a word is taken for a stem's twin,
    /// which costs it its positions and nothing else.
    private static boolean isStem(String text) {
        return text.length() > 1 && text.charAt(0) == '+';
    }

    private Term termFor(String text) {
        Term known = terms.get(text);
        if (known != null) {
            return known;
        }
        int number;
        if (freeCount > 0) {
            freeCount--;
            number = freeNumbers[freeCount];
        } else {
            number = byNumber.size();
            byNumber.add(null);
        }
        Term term = new Term(text, number);
        byNumber.set(number, term);
        terms.put(text, term);
        if (!isStem(text)) {
            words.put(text, term);
        }
        termBytes += entryBytes(text);
        return term;
    }

    /// The heap a dictionary entry takes: term, string, places in the maps.
    private static long entryBytes(String text) {
        return 24 + 40 + text.length() + 48 + (isStem(text) ? 0 : 40);
    }

    private void forget(int ordinal, long block) {
        forgetSets(ordinal, block);
        blocks.free(block);
        occurrences.clear();
        dropEmpty();
    }

    private final List<Term> emptied = new ArrayList<>();

    private void forgetSets(int ordinal, long block) {
        TermCursor cursor = cursor(block);
        while (cursor.next()) {
            Term term = byNumber.get(cursor.number);
            assert term != null : "word " + cursor.number;
            if (term != null) {
                term.documents.remove(ordinal);
                records--;
                if (term.documents.isEmpty()) {
                    emptied.add(term);
                }
            }
        }
        tokens -= cursor.tokens;
    }

    private void dropEmpty() {
        for (Term term : emptied) {
            drop(term);
        }
        emptied.clear();
    }

    /// Drops the words that [#encode] made for a document that turned out to be unchanged; there can be none.
    private void dropUnused() {
        occurrences.clear();
    }

    private void drop(Term term) {
        if (!term.documents.isEmpty() || byNumber.get(term.number) != term) {
            return; // In use again.
        }
        forgotten++;
        terms.remove(term.text);
        words.remove(term.text);
        byNumber.set(term.number, null);
        if (freeCount == freeNumbers.length) {
            freeNumbers = Arrays.copyOf(freeNumbers, 2 * freeCount);
        }
        freeNumbers[freeCount] = term.number;
        freeCount++;
        termBytes -= entryBytes(term.text);
    }

    private void write(int value) {
        if (encodedLength + 5 > encoded.length) {
            encoded = Arrays.copyOf(encoded, 2 * encoded.length);
        }
        int rest = value;
        while (rest >= 0x80) {
            encoded[encodedLength] = (byte) (rest | 0x80);
            encodedLength++;
            rest >>>= 7;
        }
        encoded[encodedLength] = (byte) rest;
        encodedLength++;
    }

    private static TermCursor cursor(long block) {
        byte[] bytes = Blocks.bytes(block);
        return new TermCursor(bytes, bytes.length);
    }

    /// Steps through the words of a document's string.
    private static final class TermCursor {
        private final byte[] bytes;
        private final int length;
        private int at;
        private int pending; // Positions of the present word not yet read.
        final int tokens;
        int number = -1;
        int count;

        TermCursor(byte[] bytes, int length) {
            this.bytes = bytes;
            this.length = length;
            this.tokens = read();
        }

        boolean next() {
            for (; pending > 0; pending--) {
                while (bytes[at] < 0) {
                    at++;
                }
                at++;
            }
            if (at >= length) {
                return false;
            }
            number += read();
            int header = read();
            count = header >>> 1;
            pending = (header & 1) == 0 ? count : 0;
            return true;
        }

        int[] positions() {
            int[] positions = new int[pending];
            int last = 0;
            for (int i = 0; i < positions.length; i++) {
                last += read();
                positions[i] = last;
            }
            pending = 0;
            return positions;
        }

        private int read() {
            int value = 0;
            for (int shift = 0; ; shift += 7) {
                byte b = bytes[at];
                at++;
                value |= (b & 0x7f) << shift;
                if (b >= 0) {
                    return value;
                }
            }
        }
    }
}
