package io.nuthatch.engine.document;

import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.vector.Compression;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.VectorType;

/// What a field of a schema holds, with the options that only its kind has.
public sealed interface FieldType {
    /// Words.
    ///
    /// @param weight scales what the field's words add to a score
    /// @param noStem whether words match as they are written only
    record Text(double weight, boolean noStem) implements FieldType {
        public Text {
            if (!(weight >= 0 && weight <= 1_000_000)) {
                throw new SearchException("Bad arguments for WEIGHT: Value is outside acceptable bounds");
            }
        }
    }

    /// Exact values, several in one string.
    ///
    /// @param separator parts the values
    /// @param caseSensitive whether `A` and `a` are two values
    record Tag(char separator, boolean caseSensitive) implements FieldType {
        /// RediSearch's defaults.
        public static final Tag DEFAULT = new Tag(',', false);
    }

    /// One number.
    record Numeric() implements FieldType {}

    /// A vector, as the bytes of its components.
    ///
    /// @param dim components, 1..[VectorType#DIM_MAX]
    /// @param initialCapacity what FT.INFO shows; memory grows as needed whatever it says
    /// @param blockSize what FT.INFO shows for FLAT
    /// @param maxConnections M, links of a node on the upper layers
    /// @param efRuntime candidates kept by a search that names no EF_RUNTIME
    /// @param recall what a search that names neither RECALL nor EF_RUNTIME is to reach, 0 to go by
    /// `efRuntime`
    /// @param epsilon how much farther than the radius a range search looks before it gives up
    /// @param compression what a graph's walks go by
    record Vector(
            Algorithm algorithm,
            VectorType type,
            int dim,
            Metric metric,
            long initialCapacity,
            long blockSize,
            int maxConnections,
            int efConstruction,
            int efRuntime,
            double recall,
            double epsilon,
            Compression compression)
            implements FieldType {
        /// RediSearch's defaults.
        public static final int DEFAULT_MAX_CONNECTIONS = 16;

        public static final int DEFAULT_EF_CONSTRUCTION = 200;
        public static final int DEFAULT_EF_RUNTIME = 10;
        public static final double DEFAULT_EPSILON = 0.01;
        public static final long DEFAULT_BLOCK_SIZE = 1024;

        /// How neighbours are found.
        public enum Algorithm {
            FLAT,
            HNSW
        }

        public Vector {
            check("DIM", dim, 1, VectorType.DIM_MAX);
            check("M", maxConnections, 2, 512);
            check("EF_CONSTRUCTION", efConstruction, 1, 65_536);
            check("EF_RUNTIME", efRuntime, 1, 1_000_000);
            check("INITIAL_CAP", initialCapacity, 0, Integer.MAX_VALUE);
            check("BLOCK_SIZE", blockSize, 1, Integer.MAX_VALUE);
            if (!(recall >= 0 && recall <= 1)) {
                throw SearchException.of(
                        "Bad arguments for vector similarity HNSW index recall: must be above 0 and up to 1, got %s",
                        recall);
            }
            if (algorithm == Algorithm.FLAT && recall > 0) {
                throw new SearchException("RECALL needs an HNSW index: FLAT is always exact");
            }
            if (!(epsilon > 0 && epsilon <= 1_000_000)) {
                throw new SearchException("Bad arguments for vector similarity HNSW index epsilon");
            }
            if (algorithm == Algorithm.FLAT && compression != Compression.NONE) {
                throw SearchException.of(
                        "COMPRESSION %s needs an HNSW index: FLAT compares whole vectors", compression);
            }
            if (!compression.accepts(type)) {
                throw SearchException.of(
                        "COMPRESSION %s is for vectors of floats: %s ones are searched as they are", compression, type);
            }
        }

        /// A vector field with the defaults of everything it need not say.
        public static Vector of(Algorithm algorithm, VectorType type, int dim, Metric metric) {
            return new Vector(
                    algorithm,
                    type,
                    dim,
                    metric,
                    0,
                    DEFAULT_BLOCK_SIZE,
                    DEFAULT_MAX_CONNECTIONS,
                    DEFAULT_EF_CONSTRUCTION,
                    DEFAULT_EF_RUNTIME,
                    0,
                    DEFAULT_EPSILON,
                    Compression.NONE);
        }

        /// Bytes of one vector.
        public int bytes() {
            return dim * type.bytes();
        }

        private static void check(String name, long value, long min, long max) {
            if (value < min || value > max) {
                throw SearchException.of(
                        "Bad arguments for vector similarity index: %s must be between %d and %d, got %d",
                        name, min, max, value);
            }
        }
    }
}
