package io.nuthatch.persistence.checkpoint;

import io.nuthatch.engine.Storage;
import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.image.ImageWriter;
import io.nuthatch.engine.image.ItemSet;
import io.nuthatch.engine.keyspace.HashSlot;
import io.nuthatch.engine.memory.MemoryAccount;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a whole checkpoint consists of; the last of its files to be written, and the one that makes it whole.
///
/// A file may be of an older checkpoint: what has not changed since stays there. So each that holds items of
/// which some may have changed comes with the set of those that count: ordinals of a graph's nodes or of
/// rows, hash slots of keys. Files of one graph, or of the rows of one field, or of keys, share no item, and
/// stand newest first.
///
/// Payload: `i64` Unix milliseconds, `i64` keys, `i64` LSN of the indexes, `i64` LSN at the end, `i32` parts;
/// for each of them `i32` kind, `i32` number, `i64` checkpoint whose file it is, `i32` number in its name,
/// `i64` bytes, `i64` blocks, `i64` items in it; then 16384 `i64` LSNs of hash slots; then for each part of
/// the kinds GRAPH, KEYS, REST and ROWS `u8` 1 and its [ItemSet], or `u8` 0 when all count. In version 2
/// parts are `i32` kind, `i32` number, `i64` bytes, `i64` blocks, each is a file of this checkpoint, and
/// there are no sets.
///
/// @param checkpoint its number; a higher one is newer
/// @param savedMillis when it was begun
/// @param keys keys in it
/// @param indexesLsn the log's position when the indexes were looked at; 0 without a log
/// @param endLsn the highest position that any part is of; the log was synced up to there before. [#NO_LOG]
/// when no log goes on where the checkpoint ends
/// @param parts the other files
/// @param slotLsns the log's position that each hash slot is of: exactly what is newer is to be replayed
record Manifest(
        long checkpoint, long savedMillis, long keys, long indexesLsn, long endLsn, List<Part> parts, long[] slotLsns) {
    static final long NO_LOG = -1;

    private static final Pattern NAME = Pattern.compile("(\\d{1,18})-([a-z]+)(-\\d{1,9})?(\\.tmp)?");
    private static final int MAX_PARTS = 1 << 20;

    /// A file.
    ///
    /// @param number which graph, which rows; 0 for the others
    /// @param checkpoint the one whose file it is
    /// @param fileNumber which graph, which rows it was there
    /// @param bytes its size; -1 for the manifest itself, which cannot say
    /// @param blocks how many blocks it has
    /// @param stored how many items it holds
    /// @param items those that count; null for all, where nobody said
    record Part(
            FileKind kind,
            int number,
            long checkpoint,
            int fileNumber,
            long bytes,
            long blocks,
            long stored,
            @Nullable ItemSet items) {
        /// The file's name.
        String name() {
            return Manifest.name(checkpoint, kind, fileNumber);
        }

        /// The items that count, of a file that says so.
        ItemSet counted() {
            return Objects.requireNonNull(items, "a file of version 2");
        }

        /// Whether the item counts.
        boolean counts(int item) {
            return items == null || items.contains(item);
        }

        /// The same file under another number, of which other items count.
        Part with(int otherNumber, ItemSet otherItems) {
            return new Part(kind, otherNumber, checkpoint, fileNumber, bytes, blocks, stored, otherItems);
        }
    }

    /// The parts of that kind.
    List<Part> of(FileKind kind) {
        return parts.stream().filter(part -> part.kind == kind).toList();
    }

    /// The parts of that kind and number.
    List<Part> of(FileKind kind, int number) {
        return parts.stream()
                .filter(part -> part.kind == kind && part.number == number)
                .toList();
    }

    /// Names of all its files, its own last.
    List<String> names() {
        List<String> names = new ArrayList<>();
        parts.forEach(part -> names.add(part.name()));
        names.add(name(checkpoint, FileKind.MANIFEST, 0));
        return names;
    }

    /// Whether it says of every file which items count; a server of version 2 did not.
    boolean hasItems() {
        return parts.stream().noneMatch(part -> part.kind.hasItems() && part.items == null);
    }

    /// Bytes of the files that are its own.
    long ownBytes() {
        return parts.stream()
                .filter(part -> part.checkpoint == checkpoint)
                .mapToLong(Part::bytes)
                .sum();
    }

    /// Bytes of all parts.
    long bytes() {
        return parts.stream().mapToLong(Part::bytes).sum();
    }

    /// The same checkpoint as the beginning of a log that holds nothing yet.
    Manifest beginningLog() {
        return new Manifest(checkpoint, savedMillis, keys, 0, 0, parts, new long[HashSlot.COUNT]);
    }

    // ---- Names

    static String name(long checkpoint, FileKind kind, int number) {
        boolean isNumbered = kind == FileKind.GRAPH || kind == FileKind.ROWS;
        return checkpoint + "-" + kind.word() + (isNumbered ? "-" + number : "");
    }

    /// The number of the checkpoint that the file belongs to, -1 for none.
    static long checkpointOf(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
    }

    /// The number of the newest whole checkpoint among the files, -1 for none.
    static long newest(List<String> names) {
        long newest = -1;
        for (String name : names) {
            long number = checkpointOf(name);
            if (number > newest && name.equals(name(number, FileKind.MANIFEST, 0))) {
                newest = number;
            }
        }
        return newest;
    }

    // ---- Bytes

    /// Writes it, makes sure of it, and only then gives it its name: from there on the checkpoint is whole.
    void publish(Storage storage, MemoryAccount.Counter counter) throws IOException {
        String name = name(checkpoint, FileKind.MANIFEST, 0);
        String draft = name + ".tmp";
        try (ImageWriter out = new ImageWriter(1 << 18, counter);
                BlockWriter file = new BlockWriter(storage, draft, checkpoint, FileKind.MANIFEST, 0)) {
            out.putLong(savedMillis);
            out.putLong(keys);
            out.putLong(indexesLsn);
            out.putLong(endLsn);
            out.putInt(parts.size());
            for (Part part : parts) {
                out.putInt(part.kind.code());
                out.putInt(part.number);
                out.putLong(part.checkpoint);
                out.putInt(part.fileNumber);
                out.putLong(part.bytes);
                out.putLong(part.blocks);
                out.putLong(part.stored);
            }
            for (long lsn : slotLsns) {
                out.putLong(lsn);
            }
            for (Part part : parts) {
                if (part.kind.hasItems()) {
                    out.putByte(part.items == null ? 0 : 1);
                    if (part.items != null) {
                        part.items.write(out);
                    }
                }
            }
            file.write(out);
            file.sync();
        }
        storage.sync();
        storage.rename(draft, name);
        storage.sync();
    }

    static Manifest read(Storage storage, long checkpoint, BlockReader.Buffer buffer) throws IOException {
        Part self = new Part(FileKind.MANIFEST, 0, checkpoint, 0, -1, 1, 0, null);
        @Nullable Manifest[] read = new Manifest[1];
        try (BlockReader reader = new BlockReader(storage, self, buffer)) {
            reader.next(buffer, image -> read[0] = read(checkpoint, image, reader.version()));
        }
        Manifest manifest = read[0];
        assert manifest != null : "a block was read";
        return manifest;
    }

    private static Manifest read(long checkpoint, ImageReader in, int version) {
        long savedMillis = in.getLong();
        long keys = in.getLong();
        long indexesLsn = in.getLong();
        long endLsn = in.getLong();
        int count = in.getCount(MAX_PARTS);
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(version == BlockFormat.OLDEST_VERSION ? oldPart(checkpoint, in) : part(checkpoint, in));
        }
        long[] lsns = new long[HashSlot.COUNT];
        for (int i = 0; i < lsns.length; i++) {
            lsns[i] = in.getLong();
        }
        if (version > BlockFormat.OLDEST_VERSION) {
            parts.replaceAll(part ->
                    part.kind.hasItems() && in.getByte() != 0 ? part.with(part.number, ItemSet.read(in)) : part);
        }
        if (in.hasMore()) {
            throw in.malformed("more than a manifest");
        }
        return new Manifest(checkpoint, savedMillis, keys, indexesLsn, endLsn, List.copyOf(parts), lsns);
    }

    private static Part part(long checkpoint, ImageReader in) {
        FileKind kind = kind(in);
        int number = in.getCount(MAX_PARTS);
        long file = in.getLong();
        if (file < 0 || file > checkpoint) {
            throw in.malformed("a file of checkpoint " + file);
        }
        return checked(
                in,
                new Part(kind, number, file, in.getCount(MAX_PARTS), in.getLong(), in.getLong(), in.getLong(), null));
    }

    /// As version 2 has them.
    private static Part oldPart(long checkpoint, ImageReader in) {
        FileKind kind = kind(in);
        int number = in.getCount(MAX_PARTS);
        return checked(in, new Part(kind, number, checkpoint, number, in.getLong(), in.getLong(), 0, null));
    }

    private static FileKind kind(ImageReader in) {
        int code = in.getInt();
        FileKind kind = FileKind.of(code);
        if (kind == null || kind == FileKind.MANIFEST) {
            throw in.malformed("a file of kind " + code + ", which this version does not know,");
        }
        return kind;
    }

    private static Part checked(ImageReader in, Part part) {
        if (part.bytes < BlockFormat.HEADER_BYTES || part.blocks < 0 || part.stored < 0) {
            throw in.malformed("a file of " + part.bytes + " bytes");
        }
        return part;
    }
}
