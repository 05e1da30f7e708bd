package io.nuthatch.engine.recall;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The recall of one vector field: what its answers of late reached, by band of filter, and the width of walk
/// for a recall that is asked for, by band and `k`.
///
/// `k` is taken in classes of four significant bits, rounded up: what is known of 160 neighbours serves 150.
/// Of classes there are at most [#PROFILES_MAX]; one more takes the place of the one that was asked for the
/// longest time ago.
///
/// Threads: any.
public final class FieldRecall {
    static final int PROFILES_MAX = 64;

    /// Checks of a class up to which each of its searches is a sample.
    private static final int WANTED = 256;

    private static final int CLASS_BITS = 4;

    private final LiveRecall live;
    private final int efMax;
    private final AtomicLong searches = new AtomicLong();
    private final Map<Band, Answers> answers = new EnumMap<>(Band.class); // Guarded by this.
    private final Map<Class, Profile> profiles = new ConcurrentHashMap<>();

    /// `k` as a class, in a band.
    private record Class(Band band, int k) {}

    /// What answers of a band reached.
    private static final class Answers {
        private final RecallWindow window = new RecallWindow();
        private long checks;
        private int ef;
    }

    /// What is known of a class that a recall was asked of.
    private static final class Profile {
        private final EfLadder ladder;
        private volatile double asked;
        private volatile long lastUse;

        Profile(EfLadder ladder) {
            this.ladder = ladder;
        }
    }

    /// The answers of a band.
    ///
    /// @param estimate the mean recall of late, between `low` and `high` with 95 % confidence
    /// @param checks searches that were checked, since the index was made
    /// @param ef the width of the last of them, 0 for an exact scan
    public record Estimate(Band band, double estimate, double low, double high, long checks, int ef) {}

    /// A recall that was asked for.
    ///
    /// @param k neighbours, as a class
    /// @param recall what was asked for last
    /// @param ef the width of walk for it now
    /// @param checks how many checks that stands on, older ones in part; below [#TRUSTED] it is a guess
    public record Target(Band band, int k, double recall, int ef, double checks) {}

    /// Checks from which on a width is no guess.
    public static final int TRUSTED = EfLadder.TRUSTED;

    /// No width will be above `efMax`.
    public FieldRecall(LiveRecall live, int efMax) {
        this.live = live;
        this.efMax = efMax;
    }

    public LiveRecall live() {
        return live;
    }

    // --- Searches ---------------------------------------------------------------------------------------------------

    /// The width of walk that reaches `recall`, 0 < recall < 1, for `k` neighbours in a band.
    public int ef(Band band, int k, double recall) {
        Profile profile = profile(new Class(band, classOf(k)));
        profile.asked = recall;
        profile.lastUse = searches.get();
        return profile.ladder.ef(recall);
    }

    /// As [#ef], but leaves no trace.
    public int peekEf(Band band, int k, double recall) {
        Profile known = profiles.get(new Class(band, classOf(k)));
        return (known == null ? ladder(classOf(k)) : known.ladder).ef(recall);
    }

    /// Whether the search that was just made is a sample. `isAsked`: whether it asked for a recall.
    public boolean isSample(Band band, int k, boolean isAsked) {
        int every = live.every();
        if (every == 0) {
            return false;
        }
        boolean isTurn = searches.getAndIncrement() % every == 0;
        return isTurn || isAsked && isWanted(band, k);
    }

    /// Whether more must be known of a class that a recall was asked of.
    public boolean isWanted(Band band, int k) {
        Profile known = profiles.get(new Class(band, classOf(k)));
        return known != null && known.ladder.weight() < WANTED;
    }

    private Profile profile(Class wanted) {
        Profile known = profiles.get(wanted);
        return known == null ? make(wanted) : known;
    }

    private synchronized Profile make(Class wanted) {
        if (profiles.size() >= PROFILES_MAX && !profiles.containsKey(wanted)) {
            Class oldest = null;
            long least = Long.MAX_VALUE;
            for (Map.Entry<Class, Profile> entry : profiles.entrySet()) {
                if (entry.getValue().lastUse < least) {
                    least = entry.getValue().lastUse;
                    oldest = entry.getKey();
                }
            }
            if (oldest != null) {
                profiles.remove(oldest);
            }
        }
        return profiles.computeIfAbsent(wanted, made -> new Profile(ladder(made.k)));
    }

    private EfLadder ladder(int k) {
        return new EfLadder(k, efMax);
    }

    /// `k` rounded up to four significant bits.
    static int classOf(int k) {
        int shift = Math.max(0, Integer.SIZE - Integer.numberOfLeadingZeros(k) - CLASS_BITS);
        return (int) Math.min(Integer.MAX_VALUE, ((long) k + (1L << shift) - 1 >> shift) << shift);
    }

    // --- Checks -----------------------------------------------------------------------------------------------------

    /// Counts an answer of recall `recall` that a walk of width `ef` gave, 0 for an exact scan.
    public synchronized void measured(Band band, int ef, double recall) {
        Answers of = answers.computeIfAbsent(band, made -> new Answers());
        of.window.add(recall);
        of.checks++;
        of.ef = ef;
    }

    /// The widths to try with the query of a sample that asked for a recall, rising; null when nobody asks
    /// any more.
    public int @Nullable [] rungs(Band band, int k) {
        Profile known = profiles.get(new Class(band, classOf(k)));
        if (known == null) {
            return null;
        }
        int[] efs = new int[known.ladder.rungs()];
        for (int i = 0; i < efs.length; i++) {
            efs[i] = known.ladder.ef(i);
        }
        return efs;
    }

    /// Takes what one query reached on each of [#rungs], in an index of `size` vectors.
    public void climbed(Band band, int k, double[] recalls, int size) {
        Profile known = profiles.get(new Class(band, classOf(k)));
        if (known != null) {
            synchronized (this) {
                known.ladder.add(recalls, size);
            }
        }
    }

    // --- Reports ----------------------------------------------------------------------------------------------------

    /// By band; those without a check are left out.
    public synchronized List<Estimate> estimates() {
        List<Estimate> all = new ArrayList<>();
        answers.forEach((band, of) ->
                all.add(new Estimate(band, of.window.mean(), of.window.low(), of.window.high(), of.checks, of.ef)));
        return all;
    }

    /// What was asked for, by band and `k`.
    public List<Target> targets() {
        List<Target> all = new ArrayList<>();
        profiles.forEach((of, profile) -> all.add(
                new Target(of.band, of.k, profile.asked, profile.ladder.ef(profile.asked), profile.ladder.weight())));
        all.sort(Comparator.comparing(Target::band).thenComparing(Target::k));
        return all;
    }
}
