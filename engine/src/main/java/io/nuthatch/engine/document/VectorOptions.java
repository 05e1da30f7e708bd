package io.nuthatch.engine.document;

import io.nuthatch.engine.hnsw.HnswParameters;
import io.nuthatch.engine.hnsw.HybridPolicy;
import io.nuthatch.engine.hnsw.Knn;
import io.nuthatch.engine.query.Numbers;
import io.nuthatch.engine.query.QueryNode.Option;
import io.nuthatch.engine.query.SearchException;
import io.nuthatch.engine.text.ByteStrings;
import java.util.List;

/// What a clause says about how vectors are searched, with `efRuntime`, `recall` and `rescore` 0 and
/// `epsilon` negative for the field's own.
record VectorOptions(int efRuntime, double recall, double rescore, double epsilon, HybridPolicy policy) {
    /// What the options belong to.
    enum Use {
        /// KNN over all documents.
        KNN,
        /// KNN over those that match a filter.
        HYBRID,
        RANGE
    }

    private static final VectorOptions NONE = new VectorOptions(0, 0, 0, -1, HybridPolicy.AUTO);

    static VectorOptions parse(List<Option> options) {
        if (options.isEmpty()) {
            return NONE;
        }
        int ef = 0;
        double recall = 0;
        double rescore = 0;
        double epsilon = -1;
        HybridPolicy policy = HybridPolicy.AUTO;
        boolean hasBatchSize = false;
        for (Option option : options) {
            String name = ByteStrings.lower(option.name());
            String value = option.value();
            double number = Numbers.parse(value);
            switch (name) {
                case "ef_runtime" -> {
                    if (!(number >= 1 && number <= HnswParameters.EF_MAX) || number != Math.rint(number)) {
                        throw invalid("EF_RUNTIME", value);
                    }
                    ef = (int) number;
                }
                case "recall" -> {
                    if (!(number > 0 && number <= 1)) {
                        throw SearchException.of(
                                "Error parsing vector similarity parameters: Invalid value was given: RECALL %s, must"
                                        + " be above 0 and up to 1",
                                value);
                    }
                    recall = number;
                }
                case "rescore" -> {
                    if (!(number >= 1 && number <= Knn.RESCORE_MAX)) {
                        throw invalid("RESCORE", value);
                    }
                    rescore = number;
                }
                case "epsilon" -> {
                    if (!(number > 0 && number <= 1e6)) {
                        throw invalid("EPSILON", value);
                    }
                    epsilon = number;
                }
                case "hybrid_policy" -> {
                    if (value.equalsIgnoreCase("BATCHES")) {
                        policy = HybridPolicy.BATCHES;
                    } else if (value.equalsIgnoreCase("ADHOC_BF")) {
                        policy = HybridPolicy.ADHOC_BF;
                    } else {
                        throw new SearchException(
                                "Error parsing vector similarity parameters: invalid hybrid policy was given");
                    }
                }
                case "batch_size" -> {
                    if (!(number >= 1 && number <= Integer.MAX_VALUE) || number != Math.rint(number)) {
                        throw invalid("BATCH_SIZE", value);
                    }
                    hasBatchSize = true;
                }
                default -> throw new SearchException("Error parsing vector similarity parameters: Invalid option");
            }
        }
        if (hasBatchSize && policy == HybridPolicy.ADHOC_BF) {
            throw new SearchException(
                    "Error parsing vector similarity parameters: 'batch size' is irrelevant for 'ADHOC_BF' policy");
        }
        if (ef > 0 && recall > 0) {
            throw new SearchException("Error parsing vector similarity parameters: EF_RUNTIME and RECALL exclude each"
                    + " other, give one of them");
        }
        return new VectorOptions(ef, recall, rescore, epsilon, policy);
    }

    private static SearchException invalid(String name, String value) {
        return SearchException.of(
                "Error parsing vector similarity parameters: Invalid value was given: %s %s", name, value);
    }

    /// The recall that a search of a field with these options is to reach; 0 when its width of walk is given.
    double recall(FieldType.Vector field) {
        return efRuntime > 0 ? 0 : recall > 0 ? recall : field.recall();
    }

    /// Refuses what has no meaning there, as RediSearch does.
    void check(Use use, FieldType.Vector.Algorithm algorithm) {
        boolean isFlat = algorithm == FieldType.Vector.Algorithm.FLAT;
        boolean isForWalks = efRuntime > 0 || recall > 0 || rescore > 0;
        if ((isForWalks && (isFlat || use == Use.RANGE)) || (epsilon >= 0 && (isFlat || use != Use.RANGE))) {
            throw new SearchException("Error parsing vector similarity parameters: Invalid option");
        }
        if (policy != HybridPolicy.AUTO && use != Use.HYBRID) {
            throw new SearchException("Error parsing vector similarity parameters: hybrid query attributes were "
                    + "sent for a non-hybrid query");
        }
    }
}
