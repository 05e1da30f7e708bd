package io.nuthatch.persistence.chronicle;

/// Sizes of a log in Chronicle Queue.
///
/// @param queueBytes where a new queue is begun
/// @param blockBytes by which a file grows, and is mapped
record ChronicleOptions(long queueBytes, int blockBytes) {
    /// Bytes of a document: a record that is longer goes into several. Chronicle maps a quarter of a block
    /// beyond its end, and no document may be longer than that.
    int documentBytes() {
        return blockBytes / 8;
    }

    /// Bytes with room on the disk behind the last document. Chronicle puts pages of its index between the
    /// documents, two at the beginning and one whenever half a million records were appended.
    int aheadBytes() {
        return Math.min(1 << 20, blockBytes) / 2;
    }
}
