package io.nuthatch.engine.document;

import io.nuthatch.engine.memory.Memory;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.memory.RecordTable;
import io.nuthatch.engine.query.QueryNode.TagValue;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.text.OrdinalSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The postings of one TAG field: value to documents, and document to its values.
///
/// The way back, one int per ordinal, is what lets an update leave the sets it was in: 0 for none, a value's
/// number + 1, or minus (a list's number + 1) where a document has several.
///
/// Threads: the space's read-write lock.
final class TagPostings implements AutoCloseable {
    /// Values a document may have; more are an error of the document.
    static final int MAX_VALUES = 65_536;

    /// Shorter affixes match nothing (RediSearch's MINPREFIX).
    private static final int MIN_AFFIX = 2;

    private static final int[] NONE = {};

    private static final class Entry {
        final String value;
        final int number;
        final OrdinalSet documents = new OrdinalSet();

        Entry(String value, int number) {
            this.value = value;
            this.number = number;
        }
    }

    private final FieldType.Tag type;
    private final boolean indexEmpty;
    private final Map<String, Entry> entries = new HashMap<>();
    private final TreeMap<String, Entry> sorted = new TreeMap<>(); // The same, for prefixes.
    private final List<@Nullable Entry> byNumber = new ArrayList<>();
    private final List<Integer> freeNumbers = new ArrayList<>();
    private final RecordTable column;
    private final List<int @Nullable []> lists = new ArrayList<>();
    private final List<Integer> freeLists = new ArrayList<>();
    private long records;
    private long dictionaryBytes;

    TagPostings(FieldType.Tag type, boolean indexEmpty, MemoryAccount.Counter counter) {
        this.type = type;
        this.indexEmpty = indexEmpty;
        this.column = new RecordTable(Integer.BYTES, counter);
    }

    /// Makes the values in `text` the document's; null takes it out.
    void put(int ordinal, @Nullable String text) {
        int[] old = numbers(ordinal);
        int[] now = text == null ? NONE : numbersOf(text);
        if (Arrays.equals(old, now)) {
            return;
        }
        for (int number : now) {
            Entry entry = byNumber.get(number);
            if (entry != null && entry.documents.add(ordinal)) {
                records++;
            }
        }
        for (int number : old) {
            if (Arrays.binarySearch(now, number) < 0) {
                Entry entry = byNumber.get(number);
                if (entry != null && entry.documents.remove(ordinal)) {
                    records--;
                    if (entry.documents.isEmpty()) {
                        drop(entry);
                    }
                }
            }
        }
        setNumbers(ordinal, now);
    }

    /// Notes the values of documents that had none; nobody asks for them, and nothing else changes, before
    /// [#settle].
    void restore(FieldBatch batch) {
        Map<String, int[]> known = new HashMap<>();
        for (int i = 0; i < batch.count(); i++) {
            setNumbers(batch.ordinal(i), known.computeIfAbsent(batch.text(i), this::numbersOf));
        }
    }

    /// Fills the sets of documents with what [#restore] noted, in the order of ordinals, where they only grow
    /// at their end.
    void settle() {
        int limit = column.limit();
        for (int ordinal = 0; ordinal < limit; ordinal++) {
            for (int number : numbers(ordinal)) {
                Entry entry = byNumber.get(number);
                if (entry != null && entry.documents.add(ordinal)) {
                    records++;
                }
            }
        }
    }

    void move(int from, int to) {
        int word = word(from);
        if (word == 0) {
            return;
        }
        for (int number : numbers(from)) {
            Entry entry = byNumber.get(number);
            if (entry != null) {
                entry.documents.remove(from);
                entry.documents.add(to);
            }
        }
        Memory.putInt(column.address(from), 0);
        column.ensure(to);
        Memory.putInt(column.address(to), word);
    }

    boolean has(int ordinal) {
        return word(ordinal) != 0;
    }

    /// The value as it is filed: trimmed and, unless case counts, in lower case.
    String normal(String value) {
        String trimmed = ByteStrings.trim(value);
        return type.caseSensitive() ? trimmed : ByteStrings.lower(trimmed);
    }

    /// Adds the documents that `wanted` matches; `step` is called for every value looked at in vain or not.
    void find(TagValue wanted, Union union, Runnable step) {
        String text = type.caseSensitive() ? wanted.text() : ByteStrings.lower(wanted.text());
        switch (wanted.match()) {
            case EXACT -> {
                step.run();
                Entry entry = entries.get(ByteStrings.trim(text));
                if (entry != null) {
                    union.add(entry.documents);
                }
            }
            case PREFIX -> {
                if (text.length() >= MIN_AFFIX) {
                    addPrefixed(text, union, step);
                }
            }
            case SUFFIX -> scan(text, value -> value.endsWith(text), union, step);
            case INFIX -> scan(text, value -> value.contains(text), union, step);
            case WILDCARD -> scan(null, value -> Patterns.matches(text, value), union, step);
        }
    }

    private void addPrefixed(String prefix, Union union, Runnable step) {
        for (Entry entry : sorted.tailMap(prefix, true).values()) {
            if (!entry.value.startsWith(prefix)) {
                break;
            }
            step.run();
            union.add(entry.documents);
        }
    }

    /// `affix`: what a value must hold, null where it is no one piece.
    private void scan(@Nullable String affix, Predicate<String> condition, Union union, Runnable step) {
        if (affix != null && affix.length() < MIN_AFFIX) {
            return;
        }
        for (Entry entry : entries.values()) {
            step.run();
            if (condition.test(entry.value)) {
                union.add(entry.documents);
            }
        }
    }

    /// All values, in the order of their bytes.
    List<String> values() {
        return List.copyOf(sorted.keySet());
    }

    long records() {
        return records;
    }

    long dictionaryBytes() {
        return dictionaryBytes;
    }

    long setBytes() {
        long bytes = 0;
        for (Entry entry : entries.values()) {
            bytes += entry.documents.bytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        entries.clear();
        sorted.clear();
        byNumber.clear();
        lists.clear();
        column.close();
    }

    /// The numbers of the values in `text`, ascending; new values get theirs.
    private int[] numbersOf(String text) {
        Set<String> values = split(text);
        int[] numbers = new int[values.size()];
        int i = 0;
        for (String value : values) {
            numbers[i] = entry(value).number;
            i++;
        }
        Arrays.sort(numbers);
        return numbers;
    }

    private Set<String> split(String text) {
        Set<String> values = new LinkedHashSet<>();
        int start = 0;
        while (start <= text.length()) {
            int end = text.indexOf(type.separator(), start);
            if (end < 0) {
                end = text.length();
            }
            String value = normal(text.substring(start, end));
            if ((!value.isEmpty() || (indexEmpty && text.isEmpty())) && values.size() < MAX_VALUES) {
                values.add(value);
            }
            start = end + 1;
        }
        return values;
    }

    private Entry entry(String value) {
        Entry known = entries.get(value);
        if (known != null) {
            return known;
        }
        int number;
        if (freeNumbers.isEmpty()) {
            number = byNumber.size();
            byNumber.add(null);
        } else {
            number = freeNumbers.removeLast();
        }
        Entry entry = new Entry(value, number);
        byNumber.set(number, entry);
        entries.put(value, entry);
        sorted.put(value, entry);
        dictionaryBytes += entryBytes(value);
        return entry;
    }

    private void drop(Entry entry) {
        entries.remove(entry.value);
        sorted.remove(entry.value);
        byNumber.set(entry.number, null);
        freeNumbers.add(entry.number);
        dictionaryBytes -= entryBytes(entry.value);
    }

    private static long entryBytes(String value) {
        return 24 + 40 + value.length() + 48 + 40; // Entry, string, places in both maps.
    }

    private int word(int ordinal) {
        return column.has(ordinal) ? Memory.getInt(column.address(ordinal)) : 0;
    }

    private int[] numbers(int ordinal) {
        int word = word(ordinal);
        if (word == 0) {
            return NONE;
        }
        if (word > 0) {
            return new int[] {word - 1};
        }
        int[] list = lists.get(-word - 1);
        assert list != null : "ordinal=" + ordinal + " word=" + word;
        return list == null ? NONE : list;
    }

    private void setNumbers(int ordinal, int[] numbers) {
        int word = word(ordinal);
        if (word < 0) {
            lists.set(-word - 1, null);
            freeLists.add(-word - 1);
        }
        column.ensure(ordinal);
        int next = 0;
        if (numbers.length == 1) {
            next = numbers[0] + 1;
        } else if (numbers.length > 1) {
            int list;
            if (freeLists.isEmpty()) {
                list = lists.size();
                lists.add(numbers);
            } else {
                list = freeLists.removeLast();
                lists.set(list, numbers);
            }
            next = -list - 1;
        }
        Memory.putInt(column.address(ordinal), next);
    }
}
