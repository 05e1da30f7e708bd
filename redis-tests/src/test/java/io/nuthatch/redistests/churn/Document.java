package io.nuthatch.redistests.churn;

/// What a key must hold. The vector is not to be changed.
record Document(String key, float[] vector, int tag, int number) {
    static final int TAGS = 20;
    static final int NUMBERS = 1_000;
}
