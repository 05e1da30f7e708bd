package io.nuthatch.tiering;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.nuthatch.tiering.disk.FileTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/// What a flush of a cold store consists of: the file `flush-NUMBER`, lines of text.
///
/// ```
/// nuthatch-cold 1
/// number NUMBER
/// rows SPACE ROW-BYTES SLOT-BYTES FILE MAP     the files `rows-FILE` and `map-MAP`
/// rocksdb FOLDER                               the folder `rocksdb-FOLDER`; missing when there is none
/// crc CRC32C                                   of all lines before, eight hexadecimal digits
/// ```
/// `rocksdb`: the number of the folder, 0 for none.
record FlushManifest(long number, List<Rows> rows, long rocksdb) {
    private static final String NAME = "flush-";
    private static final String FIRST_LINE = "nuthatch-cold 1";

    /// The rows of one space.
    record Rows(int space, int rowBytes, int slotBytes, long file, long map) {}

    /// The numbers of the flushes in `folder`, from low to high.
    static List<Long> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches(NAME + "\\d{1,18}"))
                    .map(name -> Long.parseLong(name.substring(NAME.length())))
                    .sorted()
                    .toList();
        }
    }

    static Path file(Path folder, long number) {
        return folder.resolve(NAME + number);
    }

    /// The manifest of a flush in `folder`. Throws when there is none or it is damaged.
    static FlushManifest read(Path folder, long number) throws IOException {
        Path path = file(folder, number);
        String text = new String(Files.readAllBytes(path), US_ASCII);
        int end = text.lastIndexOf("crc ");
        if (!text.startsWith(FIRST_LINE + "\n")) {
            throw new IOException(path + " is not of version 1 of a cold store");
        }
        if (end < 0 || !text.substring(end).equals(crc(text.substring(0, end)))) {
            throw new IOException(path + " is damaged: checksum differs");
        }
        long own = -1;
        long rocksdb = 0;
        List<Rows> rows = new ArrayList<>();
        for (String line : text.substring(FIRST_LINE.length() + 1, end).split("\n")) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "number" -> own = Long.parseLong(words[1]);
                case "rocksdb" -> rocksdb = Long.parseLong(words[1]);
                case "rows" ->
                    rows.add(new Rows(
                            Integer.parseInt(words[1]),
                            Integer.parseInt(words[2]),
                            Integer.parseInt(words[3]),
                            Long.parseLong(words[4]),
                            Long.parseLong(words[5])));
                default -> throw new IOException(path + " has a line that version 1 does not know: " + line);
            }
        }
        if (own != number) {
            throw new IOException(path + " is of flush " + own);
        }
        return new FlushManifest(number, rows, rocksdb);
    }

    /// Makes this a flush that a restart finds in `folder`; on failure it may, and may not.
    void write(Path folder) throws IOException {
        StringBuilder text = new StringBuilder(FIRST_LINE).append('\n');
        text.append("number ").append(number).append('\n');
        for (Rows each : rows) {
            text.append("rows ").append(each.space).append(' ').append(each.rowBytes);
            text.append(' ').append(each.slotBytes).append(' ').append(each.file);
            text.append(' ').append(each.map).append('\n');
        }
        if (rocksdb != 0) {
            text.append("rocksdb ").append(rocksdb).append('\n');
        }
        text.append(crc(text.toString()));
        Path unfinished = folder.resolve(NAME + number + ".tmp");
        try (FileChannel file = FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(US_ASCII));
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        FileTree.sync(folder); // The files that it names are in the folder.
        Files.move(
                unfinished, file(folder, number), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        FileTree.sync(folder);
    }

    private static String crc(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(US_ASCII));
        return String.format(Locale.ROOT, "crc %08x\n", crc.getValue());
    }
}
