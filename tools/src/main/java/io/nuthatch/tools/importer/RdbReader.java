package io.nuthatch.tools.importer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads an RDB file of Redis key by key, versions 1 to 13: all to Redis 8.
///
/// ```
/// REDIS, version (4 digits) | opcode and its parts, or type, key and value... | ff | CRC-64 (8, LE; 0: none)
/// ```
/// The CRC-64 is there since version 5. Values are handed on as they are in the file.
final class RdbReader {
    static final byte[] MAGIC = "REDIS".getBytes(StandardCharsets.US_ASCII);
    static final byte[] VALKEY_MAGIC = "VALKEY".getBytes(StandardCharsets.US_ASCII);
    private static final int NEWEST_VERSION = 13;
    private static final int FIRST_VERSION_WITH_CHECKSUM = 5;

    private static final int KEY_METADATA = 243;
    private static final int SLOT_INFO = 244;
    private static final int FUNCTION = 245;
    private static final int MODULE_AUX = 247;
    private static final int IDLE = 248;
    private static final int FREQUENCY = 249;
    private static final int AUX = 250;
    private static final int SIZES = 251;
    private static final int EXPIRY_MILLIS = 252;
    private static final int EXPIRY_SECONDS = 253;
    private static final int DATABASE = 254;
    private static final int END = 255;

    /// A key with all that the file says of it.
    ///
    /// @param offset where its type is
    /// @param value as in the file; empty when it is of a kind that is not kept, or too long
    /// @param expireAt Unix milliseconds, 0 for never
    /// @param idleSeconds -1 when the file does not say
    /// @param frequency -1 when the file does not say
    record Entry(
            long offset,
            long database,
            RdbType type,
            byte[] key,
            byte[] value,
            long expireAt,
            long idleSeconds,
            int frequency) {}

    /// Which values are kept.
    interface Kinds {
        boolean isWanted(RdbType.Kind kind);
    }

    private final RdbInput in;
    private final Kinds kinds;
    private final int version;
    private final Map<String, Long> modules = new TreeMap<>();
    private long functions;
    private long database;

    /// Reads the head of the file.
    ///
    /// @throws MalformedFileException when it is no RDB file, or of a version that is not known
    RdbReader(FileInput file, Kinds kinds) throws IOException {
        if (file.startsWith(VALKEY_MAGIC)) {
            throw file.malformed("an RDB file of Valkey 9 or later, which only Valkey reads");
        }
        if (!file.startsWith(MAGIC)) {
            throw file.malformed("no RDB file: it does not begin with REDIS");
        }
        this.in = new RdbInput(file);
        this.kinds = kinds;
        in.pass(MAGIC.length);
        int number = 0;
        for (int i = 0; i < 4; i++) {
            int digit = in.readByte() - '0';
            if (digit < 0 || digit > 9) {
                throw in.malformed("no RDB file: REDIS is not followed by a version");
            }
            number = 10 * number + digit;
        }
        if (number < 1 || number > NEWEST_VERSION) {
            throw in.malformed("RDB version " + number + "; versions 1 to " + NEWEST_VERSION + " are read");
        }
        this.version = number;
    }

    /// The next key; null at the end of the file, when its checksum has been found right.
    @Nullable
    Entry next() throws IOException {
        long expireAt = 0;
        long idleSeconds = -1;
        int frequency = -1;
        while (true) {
            long offset = in.offset();
            int code = in.readByte();
            switch (code) {
                case EXPIRY_SECONDS -> expireAt = 1000 * (long) (int) in.readLittleEndian(Integer.BYTES);
                case EXPIRY_MILLIS -> expireAt = in.readLittleEndian(Long.BYTES);
                case IDLE -> idleSeconds = in.readLength();
                case FREQUENCY -> frequency = in.readByte();
                case DATABASE -> database = in.readLength();
                case SIZES -> passLengths(2);
                case SLOT_INFO -> passLengths(3);
                case AUX -> {
                    in.passString();
                    in.passString();
                }
                case FUNCTION -> {
                    in.passString();
                    functions++;
                }
                case MODULE_AUX -> {
                    passLengths(1);
                    RdbValues.passModuleFields(in);
                }
                case KEY_METADATA -> {
                    for (long left = in.readCount(); left > 0; left--) {
                        in.pass(Integer.BYTES);
                        RdbValues.passModuleFields(in);
                    }
                }
                case END -> {
                    checkSum();
                    return null;
                }
                default -> {
                    RdbType type = RdbType.of(code);
                    if (type == null) {
                        throw new MalformedFileException(
                                in.name(),
                                offset,
                                "a value of type " + code + ", which is newer than Redis 8.4 or none");
                    }
                    return entry(offset, type, expireAt, idleSeconds, frequency);
                }
            }
        }
    }

    private Entry entry(long offset, RdbType type, long expireAt, long idleSeconds, int frequency) throws IOException {
        byte[] key = in.readString();
        byte[] value = new byte[0];
        if (type == RdbType.MODULE) {
            modules.merge(RdbValues.moduleName(in.readLength()), 1L, Long::sum);
            RdbValues.passModuleFields(in);
        } else if (kinds.isWanted(type.kind())) {
            in.keep();
            RdbValues.pass(in, type.frame());
            value = in.kept();
        } else {
            RdbValues.pass(in, type.frame());
        }
        return new Entry(offset, database, type, key, value, expireAt, idleSeconds, frequency);
    }

    private void passLengths(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            in.readLength();
        }
    }

    private void checkSum() throws IOException {
        if (version < FIRST_VERSION_WITH_CHECKSUM) {
            in.endOfChecked();
            return;
        }
        long sum = in.endOfChecked();
        long said = in.readLittleEndian(Long.BYTES);
        if (said != 0 && said != sum) { // 0: written with rdbchecksum no.
            throw in.malformed("the checksum is " + Long.toHexString(said) + ", but of what is in the file "
                    + Long.toHexString(sum) + ": the file is damaged");
        }
    }

    /// The version of the file's format.
    int version() {
        return version;
    }

    /// Libraries of functions that were passed.
    long functions() {
        return functions;
    }

    /// Keys that were passed, by the type that a module calls its own.
    Map<String, Long> modules() {
        return modules;
    }
}
