package io.nuthatch.commands.search;

import io.nuthatch.commands.CommandException;
import io.nuthatch.engine.document.FieldSpec;
import io.nuthatch.engine.document.FieldSpec.Flag;
import io.nuthatch.engine.document.FieldType;
import io.nuthatch.engine.document.FieldType.Vector.Algorithm;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Parses what stands behind `SCHEMA` in FT.CREATE and behind `SCHEMA ADD` in FT.ALTER.
///
/// `field [AS name] TYPE [option …]`, and again. A field's options come in any order; the first word that is
/// no option of the field's type begins the next field. Types and options that are not built are refused by
/// name.
final class SchemaSyntax {
    private static final Set<String> TYPES_NOT_BUILT = Set.of("GEO", "GEOSHAPE");
    /// Speeds up `*a` in RediSearch; here such queries walk the dictionary, so it changes no answer.
    private static final String WITHSUFFIXTRIE = "WITHSUFFIXTRIE";

    private SchemaSyntax() {}

    /// All fields to the end of the arguments; at least one.
    ///
    /// `compression` is what HNSW fields of floats get that say nothing of it.
    static List<FieldSpec> fields(Tokens tokens, Compression compression) {
        if (!tokens.hasNext()) {
            throw new CommandException("ERR Fields arguments are missing");
        }
        List<FieldSpec> fields = new ArrayList<>();
        while (tokens.hasNext()) {
            fields.add(field(tokens, compression));
        }
        return List.copyOf(fields);
    }

    private static FieldSpec field(Tokens tokens, Compression compression) {
        String identifier = tokens.next();
        String name = identifier;
        if (tokens.take("AS")) {
            if (!tokens.hasNext()) {
                throw new CommandException("ERR AS requires an argument");
            }
            name = tokens.next();
        }
        if (!tokens.hasNext()) {
            throw CommandException.of("ERR Field `%s` does not have a type", ByteStrings.toUnicode(name));
        }
        String type = tokens.next().toUpperCase(Locale.ROOT);
        Set<Flag> flags = EnumSet.noneOf(Flag.class);
        FieldType fieldType = switch (type) {
            case "TEXT" -> text(tokens, flags);
            case "TAG" -> tag(tokens, flags);
            case "NUMERIC" -> numeric(tokens, flags);
            case "VECTOR" -> vector(tokens, flags, compression);
            default -> throw invalidType(name, type);
        };
        return new FieldSpec(identifier, name, fieldType, flags);
    }

    private static CommandException invalidType(String name, String type) {
        return TYPES_NOT_BUILT.contains(type)
                ? CommandException.of("ERR fields of type %s are not supported yet", type)
                : CommandException.of("ERR Invalid field type for field `%s`", ByteStrings.toUnicode(name));
    }

    private static FieldType text(Tokens tokens, Set<Flag> flags) {
        double weight = 1;
        boolean noStem = false;
        while (true) {
            if (tokens.take("WEIGHT")) {
                weight = tokens.real("weight");
            } else if (tokens.take("NOSTEM")) {
                noStem = true;
            } else if (tokens.isNext("PHONETIC")) {
                throw new CommandException("ERR PHONETIC is not supported yet");
            } else if (!tokens.take(WITHSUFFIXTRIE) && !takeFlag(tokens, flags)) {
                return new FieldType.Text(weight, noStem);
            }
        }
    }

    private static FieldType tag(Tokens tokens, Set<Flag> flags) {
        char separator = FieldType.Tag.DEFAULT.separator();
        boolean caseSensitive = false;
        while (true) {
            if (tokens.take("SEPARATOR")) {
                if (!tokens.hasNext()) {
                    throw new CommandException("ERR SEPARATOR requires an argument");
                }
                String text = tokens.next();
                if (text.length() != 1) {
                    throw CommandException.of(
                            "ERR Tag separator must be a single character. Got `%s`", ByteStrings.toUnicode(text));
                }
                separator = text.charAt(0);
            } else if (tokens.take("CASESENSITIVE")) {
                caseSensitive = true;
            } else if (!tokens.take(WITHSUFFIXTRIE) && !takeFlag(tokens, flags)) {
                return new FieldType.Tag(separator, caseSensitive);
            }
        }
    }

    private static FieldType numeric(Tokens tokens, Set<Flag> flags) {
        while (takeCommonFlag(tokens, flags)) {
            // Each one is recorded as it is taken.
        }
        return new FieldType.Numeric();
    }

    /// A flag that fields of words and of tags have.
    private static boolean takeFlag(Tokens tokens, Set<Flag> flags) {
        if (tokens.take("INDEXEMPTY")) {
            flags.add(Flag.INDEXEMPTY);
            return true;
        }
        return takeCommonFlag(tokens, flags);
    }

    private static boolean takeCommonFlag(Tokens tokens, Set<Flag> flags) {
        for (Flag flag : List.of(Flag.SORTABLE, Flag.UNF, Flag.NOINDEX, Flag.INDEXMISSING)) {
            if (tokens.take(flag.name())) {
                flags.add(flag);
                return true;
            }
        }
        return false;
    }

    private static FieldType vector(Tokens tokens, Set<Flag> flags, Compression compression) {
        if (!tokens.hasNext()) {
            throw Tokens.missing("vector similarity algorithm");
        }
        String algorithm = tokens.next().toUpperCase(Locale.ROOT);
        if (algorithm.equals("SVS-VAMANA")) {
            throw new CommandException("ERR SVS-VAMANA is not supported yet; use HNSW or FLAT");
        }
        VectorOptions options = switch (algorithm) {
            case "FLAT" -> new VectorOptions(Algorithm.FLAT);
            case "HNSW" -> new VectorOptions(Algorithm.HNSW);
            default ->
                throw new CommandException("ERR Bad arguments for vector similarity algorithm: Unknown argument");
        };
        String counter = "vector similarity number of parameters";
        long count = tokens.integer(counter, 0, Integer.MAX_VALUE);
        if (count % 2 != 0) {
            throw CommandException.of(
                    "ERR Bad number of arguments for vector similarity index: got %s but expected even number (as"
                            + " algorithm parameters should be submitted as named arguments)",
                    count);
        }
        if (count > tokens.remaining()) {
            throw CommandException.of("ERR Expected %s parameters but got %s", count, tokens.remaining());
        }
        options.read(tokens.group(counter, count));
        while (tokens.take("INDEXMISSING")) {
            flags.add(Flag.INDEXMISSING);
        }
        return options.build(compression);
    }

    /// The named parameters of one vector field, as they are read.
    private static final class VectorOptions {
        private final Algorithm algorithm;
        private @Nullable VectorType type;
        private int dim;
        private @Nullable Metric metric;
        private long initialCapacity;
        private long blockSize = FieldType.Vector.DEFAULT_BLOCK_SIZE;
        private int maxConnections = FieldType.Vector.DEFAULT_MAX_CONNECTIONS;
        private int efConstruction = FieldType.Vector.DEFAULT_EF_CONSTRUCTION;
        private int efRuntime = FieldType.Vector.DEFAULT_EF_RUNTIME;
        private double recall;
        private double epsilon = FieldType.Vector.DEFAULT_EPSILON;
        private @Nullable Compression compression;

        VectorOptions(Algorithm algorithm) {
            this.algorithm = algorithm;
        }

        void read(Tokens tokens) {
            boolean hnsw = algorithm == Algorithm.HNSW;
            while (tokens.hasNext()) {
                String written = tokens.next();
                String name = written.toUpperCase(Locale.ROOT);
                switch (name) {
                    case "TYPE" -> type = constant(VectorType.values(), tokens.next(), "type");
                    case "DIM" -> dim = (int) tokens.integer(option("dim"), 1, VectorType.DIM_MAX);
                    case "DISTANCE_METRIC" -> metric = constant(Metric.values(), tokens.next(), "metric");
                    case "COMPRESSION" -> compression = constant(Compression.values(), tokens.next(), "compression");
                    case "INITIAL_CAP" -> initialCapacity = tokens.integer(option("initial cap"), 0, Integer.MAX_VALUE);
                    default -> {
                        if (hnsw && name.equals("M")) {
                            maxConnections = (int) tokens.integer(option("m"), 1, Integer.MAX_VALUE);
                        } else if (hnsw && name.equals("EF_CONSTRUCTION")) {
                            efConstruction = (int) tokens.integer(option("efConstruction"), 1, Integer.MAX_VALUE);
                        } else if (hnsw && name.equals("EF_RUNTIME")) {
                            efRuntime = (int) tokens.integer(option("efRuntime"), 1, Integer.MAX_VALUE);
                        } else if (hnsw && name.equals("RECALL")) {
                            recall = tokens.real(option("recall"));
                            if (!(recall > 0 && recall <= 1)) {
                                throw CommandException.of(
                                        "ERR Bad arguments for %s: must be above 0 and up to 1", option("recall"));
                            }
                        } else if (hnsw && name.equals("EPSILON")) {
                            epsilon = tokens.real(option("epsilon"));
                        } else if (!hnsw && name.equals("BLOCK_SIZE")) {
                            blockSize = tokens.integer(option("blocksize"), 1, Integer.MAX_VALUE);
                        } else {
                            throw CommandException.of(
                                    "ERR Bad arguments for algorithm %s: %s",
                                    algorithm, ByteStrings.toUnicode(written));
                        }
                    }
                }
            }
        }

        FieldType build(Compression otherwise) {
            if (type == null) {
                throw mandatory("TYPE");
            }
            if (dim == 0) {
                throw mandatory("DIM");
            }
            if (metric == null) {
                throw mandatory("DISTANCE_METRIC");
            }
            return new FieldType.Vector(
                    algorithm,
                    type,
                    dim,
                    metric,
                    initialCapacity,
                    blockSize,
                    maxConnections,
                    efConstruction,
                    efRuntime,
                    recall,
                    epsilon,
                    compressionOr(otherwise));
        }

        private Compression compressionOr(Compression otherwise) {
            if (compression != null) {
                return compression;
            }
            boolean isApt = algorithm == Algorithm.HNSW && otherwise.accepts(Objects.requireNonNull(type));
            return isApt ? otherwise : Compression.NONE;
        }

        private CommandException mandatory(String parameter) {
            return CommandException.of(
                    "ERR Missing mandatory parameter: cannot create %s index without specifying %s argument",
                    algorithm, parameter);
        }

        private String option(String parameter) {
            return "vector similarity " + algorithm + " index " + parameter;
        }

        private <E extends Enum<E>> E constant(E[] constants, String written, String parameter) {
            for (E constant : constants) {
                if (constant.name().equalsIgnoreCase(written)) {
                    return constant;
                }
            }
            throw CommandException.of("ERR Bad arguments for %s: Unknown argument", option(parameter));
        }
    }
}
