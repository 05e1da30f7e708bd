package io.nuthatch.persistence.recovery;

/// The stripes of which one thread of a replay applies the effects: those equal to `index` modulo `of`.
///
/// @param index 0 to `of - 1`
record ReplayShare(int index, int of) {
    /// All of them.
    static final ReplayShare ALL = new ReplayShare(0, 1);

    boolean contains(int stripe) {
        return of == 1 || stripe % of == index;
    }
}
