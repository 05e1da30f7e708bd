package io.nuthatch.commands.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.resp.Args;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ShortSearchesTest {
    private static final long LONG = 10 * ShortSearches.SHORT_NANOS;

    private final AtomicLong now = new AtomicLong(-5_000_000); // A clock may begin below 0.
    private final ShortSearches shorts = new ShortSearches(now::get);

    private static Args search(String index, String query) {
        return Args.of("FT.SEARCH", index, query, "LIMIT", "0", "10");
    }

    @Test
    void whatWasNeverRunIsNotShort() {
        assertThat(shorts.contains(search("idx", "*"))).isFalse();
    }

    @Test
    void aTextThatWasShortIsShort() {
        shorts.took(search("idx", "*=>[KNN 10 @v $b]"), 1_000);
        assertThat(shorts.contains(search("idx", "*=>[KNN 10 @v $b]"))).isTrue();
        assertThat(shorts.contains(search("idx", "*=>[KNN 11 @v $b]"))).isFalse();
        assertThat(shorts.contains(search("other", "*=>[KNN 10 @v $b]"))).isFalse();
    }

    @Test
    void aLongOneIsNotShortForTwentyTimesAsLong() {
        Args search = search("idx", "@num:[0 9]=>[KNN 10 @v $b]");
        shorts.took(search, 1_000);
        shorts.took(search, LONG);
        assertThat(shorts.contains(search)).isFalse();
        shorts.took(search, 1_000); // On the pool. It does not make good for the long one.
        now.addAndGet(ShortSearches.PENALTY * LONG - 2_000);
        assertThat(shorts.contains(search)).isFalse();
        now.addAndGet(4_000);
        assertThat(shorts.contains(search)).isTrue();
    }

    @Test
    void textsThatMeetDriveEachOtherOutAndAreNotMistaken() {
        for (int i = 0; i < 20_000; i++) {
            shorts.took(search("idx", "q" + i), i % 2 == 0 ? 1_000 : LONG);
        }
        int mistaken = 0;
        for (int i = 1; i < 20_000; i += 2) {
            mistaken += shorts.contains(search("idx", "q" + i)) ? 1 : 0;
        }
        assertThat(mistaken).isLessThan(5); // One in 32,768 of those whose entry is another's.
    }

    @Test
    void requestsWithoutAQueryAndVeryLongOnesAreNotShort() {
        shorts.took(Args.of("FT.SEARCH", "idx"), 1_000);
        assertThat(shorts.contains(Args.of("FT.SEARCH", "idx"))).isFalse();
        Args longText = search("idx", "word ".repeat(1_000));
        shorts.took(longText, 1_000);
        assertThat(shorts.contains(longText)).isFalse();
    }
}
