package io.nuthatch.persistence.backup;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;

/// What a backup consists of; written last, and what makes it whole. Lines of text, in the file `backup`:
/// ```
/// nuthatch-backup 1
/// taken UNIX-MILLIS
/// lsn FIRST LAST                  the log can be read up to any record from FIRST to LAST
/// file BYTES CRC32C NAME          for each: checkpoints/N-…, log/….log, log/….queue/…
/// crc CRC32C                      of all lines before
/// ```
///
/// @param takenMillis when it was begun, Unix time
/// @param firstLsn the earliest record to which a restore can go: a checkpoint holds all up to there
/// @param lastLsn the last record in it; `firstLsn` without a log
public record BackupManifest(long takenMillis, long firstLsn, long lastLsn, List<Entry> files) {
    /// Its own name.
    public static final String NAME = "backup";

    static final String CHECKPOINTS = "checkpoints/";
    static final String LOG = "log/";

    private static final String MAGIC = "nuthatch-backup ";
    private static final int VERSION = 1;
    private static final int MAX_BYTES = 64 << 20;

    /// @param crc CRC32C of all its bytes
    public record Entry(String name, long bytes, int crc) {}

    /// Bytes of all files.
    public long bytes() {
        return files.stream().mapToLong(Entry::bytes).sum();
    }

    /// Whether there is a log in it.
    public boolean hasLog() {
        return files.stream().anyMatch(file -> file.name().startsWith(LOG));
    }

    /// Whether that log is in Chronicle Queue.
    public boolean hasChronicleLog() {
        return files.stream()
                .anyMatch(file -> file.name().startsWith(LOG) && file.name().contains(".queue/"));
    }

    void write(BackupStore store) throws IOException {
        StringBuilder text = new StringBuilder();
        text.append(MAGIC).append(VERSION).append('\n');
        text.append("taken ").append(takenMillis).append('\n');
        text.append("lsn ").append(firstLsn).append(' ').append(lastLsn).append('\n');
        for (Entry file : files) {
            text.append(String.format(Locale.ROOT, "file %d %08x %s\n", file.bytes, file.crc, file.name));
        }
        text.append(String.format(Locale.ROOT, "crc %08x\n", crc(text.toString())));
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        store.write(NAME, new ByteArrayInputStream(bytes), bytes.length);
    }

    private static int crc(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }

    /// Throws when there is none, or when it is not what was written.
    public static BackupManifest read(BackupStore store) throws IOException {
        if (!store.list().containsKey(NAME)) {
            throw new IOException(store + " holds no whole backup: there is no file " + NAME + " in it");
        }
        String text;
        try (InputStream in = store.read(NAME)) {
            text = new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
        }
        try {
            return parse(text);
        } catch (RuntimeException malformed) {
            throw new IOException(store + "/" + NAME + " is damaged: " + malformed.getMessage(), malformed);
        }
    }

    private static BackupManifest parse(String text) {
        int tail = text.lastIndexOf("crc ");
        if (!text.startsWith(MAGIC) || tail < 0) {
            throw new IllegalArgumentException("it does not begin and end as one");
        }
        String version = text.substring(MAGIC.length(), text.indexOf('\n'));
        if (!version.equals(Integer.toString(VERSION))) {
            throw new IllegalArgumentException("it has version " + version + ", and this one reads " + VERSION);
        }
        if (Integer.parseUnsignedInt(text.substring(tail + 4).strip(), 16) != crc(text.substring(0, tail))) {
            throw new IllegalArgumentException("its checksum is wrong");
        }
        long taken = 0;
        long first = 0;
        long last = 0;
        List<Entry> files = new ArrayList<>();
        for (String line : text.substring(0, tail).split("\n")) {
            String[] words = line.split(" ", 4);
            switch (words[0]) {
                case "taken" -> taken = Long.parseLong(words[1]);
                case "lsn" -> {
                    first = Long.parseLong(words[1]);
                    last = Long.parseLong(words[2]);
                }
                case "file" ->
                    files.add(new Entry(
                            checked(words[3]), Long.parseLong(words[1]), Integer.parseUnsignedInt(words[2], 16)));
                default -> {
                    // The first line.
                }
            }
        }
        return new BackupManifest(taken, first, last, List.copyOf(files));
    }

    /// No name leads out of where it is restored to.
    private static String checked(String name) {
        if (!name.matches("(checkpoints|log)(/[0-9a-z-][0-9a-z.-]*){1,2}")) {
            throw new IllegalArgumentException("it names a file " + name);
        }
        return name;
    }
}
