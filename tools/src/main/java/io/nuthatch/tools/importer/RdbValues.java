package io.nuthatch.tools.importer;

import java.io.IOException;

/// Finds where a value of an RDB file ends, which takes knowing its outline and none of its encodings.
final class RdbValues {
    private static final int STREAM_ID_BYTES = 16;
    private static final int TIME_BYTES = 8;
    private static final int MODULE_END = 0;
    private static final int MODULE_SIGNED = 1;
    private static final int MODULE_UNSIGNED = 2;
    private static final int MODULE_FLOAT = 3;
    private static final int MODULE_DOUBLE = 4;
    private static final int MODULE_STRING = 5;
    /// Lengths of scores that stand for something else: not a number and the infinities.
    private static final int FIRST_SPECIAL_SCORE = 253;

    private RdbValues() {}

    /// Passes the value of a key.
    static void pass(RdbInput in, RdbType.Frame frame) throws IOException {
        switch (frame) {
            case STRING -> in.passString();
            case STRINGS -> {
                for (long left = in.readCount(); left > 0; left--) {
                    in.passString();
                }
            }
            case PAIRS -> {
                for (long left = in.readCount(); left > 0; left--) {
                    in.passString();
                    in.passString();
                }
            }
            case TEXT_SCORES -> {
                for (long left = in.readCount(); left > 0; left--) {
                    in.passString();
                    int length = in.readByte();
                    in.pass(length < FIRST_SPECIAL_SCORE ? length : 0);
                }
            }
            case BINARY_SCORES -> {
                for (long left = in.readCount(); left > 0; left--) {
                    in.passString();
                    in.pass(Double.BYTES);
                }
            }
            case NODES -> {
                for (long left = in.readCount(); left > 0; left--) {
                    in.readLength();
                    in.passString();
                }
            }
            case EARLIEST_EXPIRY_AND_PAIRS -> {
                in.pass(TIME_BYTES);
                passExpiringPairs(in);
            }
            case EXPIRY_AND_PAIRS -> passExpiringPairs(in);
            case EARLIEST_EXPIRY_STRING -> {
                in.pass(TIME_BYTES);
                in.passString();
            }
            case STREAM -> passStream(in, 1);
            case STREAM_2 -> passStream(in, 2);
            case STREAM_3 -> passStream(in, 3);
            case MODULE -> {
                in.readLength();
                passModuleFields(in);
            }
        }
    }

    private static void passExpiringPairs(RdbInput in) throws IOException {
        for (long left = in.readCount(); left > 0; left--) {
            in.readLength();
            in.passString();
            in.passString();
        }
    }

    private static void passStream(RdbInput in, int version) throws IOException {
        for (long left = in.readCount(); left > 0; left--) {
            in.passString(); // The first ID of a listpack,
            in.passString(); // and the listpack.
        }
        int numbers = version == 1 ? 3 : 8; // Length and last ID; first ID, deleted ID, count of entries added.
        for (int i = 0; i < numbers; i++) {
            in.readLength();
        }
        for (long groups = in.readCount(); groups > 0; groups--) {
            in.passString();
            for (int i = 0; i < (version == 1 ? 2 : 3); i++) { // Last ID, count of entries read.
                in.readLength();
            }
            for (long pending = in.readCount(); pending > 0; pending--) {
                in.pass(STREAM_ID_BYTES + TIME_BYTES);
                in.readLength();
            }
            for (long consumers = in.readCount(); consumers > 0; consumers--) {
                in.passString();
                in.pass(version < 3 ? TIME_BYTES : 2 * TIME_BYTES);
                for (long pending = in.readCount(); pending > 0; pending--) {
                    in.pass(STREAM_ID_BYTES);
                }
            }
        }
    }

    /// Passes what a module wrote, up to its end mark.
    static void passModuleFields(RdbInput in) throws IOException {
        while (true) {
            long code = in.readLength();
            switch ((int) Math.min(code & Long.MAX_VALUE, Integer.MAX_VALUE)) {
                case MODULE_END -> {
                    return;
                }
                case MODULE_SIGNED, MODULE_UNSIGNED -> in.readLength();
                case MODULE_FLOAT -> in.pass(Float.BYTES);
                case MODULE_DOUBLE -> in.pass(Double.BYTES);
                case MODULE_STRING -> in.passString();
                default -> throw in.malformed("a module's value has a part of unknown type " + code);
            }
        }
    }

    /// The name in a module type's number: nine characters of six bits, then ten bits of a version.
    static String moduleName(long id) {
        String characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        StringBuilder name = new StringBuilder();
        for (int shift = 58; shift >= 10; shift -= 6) {
            name.append(characters.charAt((int) (id >>> shift) & 0x3f));
        }
        return name.toString();
    }
}
