package io.nuthatch.commands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LongDoubleTest {
    /// Expected sums recorded with `SET` and `INCRBYFLOAT` of Redis 8.2.3 on x86-64.
    @ParameterizedTest
    @CsvSource({
        "0, 3.3, 3.3",
        "3, 0.1, 3.1",
        "0.1, 0.2, 0.3",
        "-0.1, 0.1, 0",
        "17179869184, 1.5, 17179869185.5",
        "1e-20, 1, 1",
        "9223372036854775807, 1, 9223372036854775808",
        "18446744073709551616, 0.5, 18446744073709551616",
        "1.23456789012345678901, 2, 3.23456789012345679",
        "0, 123456789012345678901234567890, 123456789012345678899921813504",
        "0, 0x10, 16",
        "0, 0x1.8p1, 3",
        "0, 0x1p-3, 0.125",
        "0, .5, 0.5",
        "0, 5., 5",
        "0, +1, 1",
        "0, -5e-18, 0",
        "0, 1e-4950, 0",
    })
    void sumsPrintAsRedisPrintsThem(String one, String other, String sum) {
        assertThat(LongDouble.parse(one).plus(LongDouble.parse(other)).format()).isEqualTo(sum);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " 1",
                "1 ",
                "1e",
                "1e+",
                ".",
                "0x",
                "1_0",
                "nan",
                "-",
                "--1",
                "1e5000",
                "2e4932",
                "1e-5000",
                "1e999999999999",
                "1e-999999999999",
                "0x1p99999",
                "infinit",
                "\u0661"
            })
    void refusesWhatIsNotANumber(String text) {
        assertThatThrownBy(() -> LongDouble.parse(text)).hasMessage("ERR value is not a valid float");
    }

    @Test
    void infinityIsRead() {
        assertThat(LongDouble.parse("-inf").isInfinite()).isTrue();
        assertThat(LongDouble.parse("Infinity").plus(LongDouble.ZERO).isInfinite())
                .isTrue();
        assertThat(LongDouble.parse("1e4932").plus(LongDouble.parse("1e4932")).isInfinite())
                .isTrue();
    }

    @Test
    void largeNumbersShowTheirSixtyFourBits() {
        assertThat(LongDouble.parse("1e400").format())
                .startsWith("10000000000000000000281880683947586514586453433629052038625910693539685534008629862039");
    }
}
