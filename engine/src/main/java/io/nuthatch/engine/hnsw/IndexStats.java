package io.nuthatch.engine.hnsw;

/// An index at one moment. `tombstones` are removed but still linked; `releasing` are removed and wait for
/// searches to leave. Bytes of rows are counted by their own store.
/// `trainings` counts how often the codes were made, `drift` is
/// [io.nuthatch.engine.vector.Quantizer#DRIFT_MAX]'s.
public record IndexStats(
        int size,
        int graphNodes,
        int tombstones,
        int buffered,
        int releasing,
        int layerMax,
        long linksBytes,
        long upperBytes,
        long statesBytes,
        long scratchBytes,
        long codesBytes,
        int trainings,
        float drift,
        CodeUse codeUse,
        long insertions,
        long consolidations) {}
