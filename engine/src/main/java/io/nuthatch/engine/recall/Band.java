package io.nuthatch.engine.recall;

/// How much of an index a filter lets pass: searches of one band are alike, those of two are not.
///
/// The bounds are where the plan changes. Without a filter a walk returns what it meets. Above 30 % the walk
/// passes over a node now and then, between 3 and 30 % over most, and below 3 % an exact scan answers nearly
/// always.
public enum Band {
    /// No filter.
    ALL("all"),
    /// More than 30 % match.
    WIDE("over-30%"),
    /// 3 to 30 % match.
    MIDDLE("3-30%"),
    /// Less than 3 % match.
    NARROW("under-3%");

    private static final double WIDE_SHARE = 0.30;
    private static final double NARROW_SHARE = 0.03;

    private final String label;

    Band(String label) {
        this.label = label;
    }

    /// Its name in replies and labels of meters.
    public String label() {
        return label;
    }

    /// The band of a filter that `matches` of `size` vectors pass.
    public static Band of(int matches, int size) {
        double share = size == 0 ? 0 : (double) matches / size;
        return share > WIDE_SHARE ? WIDE : share >= NARROW_SHARE ? MIDDLE : NARROW;
    }
}
