package io.nuthatch.commands.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Expected texts are those of C's printf.
class CFormatTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-0.0, -0",
        "1, 1",
        "-17, -17",
        "0.5, 0.5",
        "0.29289323091506958, 0.292893230915",
        "0.10557281970977783, 0.10557281971",
        "1.1920928955078125E-7, 1.19209289551e-07",
        "0.0001, 0.0001",
        "0.00001, 1e-05",
        "99999999999, 99999999999",
        "123456789012, 123456789012",
        "999999999999.9, 1e+12",
        "1234567890123, 1.23456789012e+12",
        "-1.5e300, -1.5e+300",
        "4.9E-324, 4.94065645841e-324",
        "Infinity, inf",
        "-Infinity, -inf",
        "NaN, nan"
    })
    void twelveDigitsAreThoseOfPercentG(double value, String text) {
        assertThat(CFormat.g12(value)).isEqualTo(text);
        assertThat(written(value)).isEqualTo(text);
    }

    private static String written(double value) {
        return Wire.of(2, reply -> CFormat.writeG12(reply, value)).replace("'", "");
    }

    @Test
    void theShortWayWritesTheSameDigits() {
        Random random = new Random(0x5eed);
        for (int i = 0; i < 200_000; i++) {
            double value = switch (i % 4) {
                case 0 -> random.nextDouble();
                case 1 -> (float) (2 * random.nextDouble() - 1);
                case 2 ->
                    Math.rint(random.nextDouble() * 1e6) / Math.pow(10, random.nextInt(9)); // Many zeros and ties.
                default -> (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(20) - 6);
            };
            assertThat(written(value)).as("%s", value).isEqualTo(CFormat.g12(value));
        }
    }

    @Test
    void seventeenDigitsReadBackAsTheSameDouble() {
        assertThat(CFormat.g17(0.1)).isEqualTo("0.10000000000000001");
        assertThat(CFormat.g17(0.10557281970977783)).isEqualTo("0.10557281970977783");
        assertThat(CFormat.g17(4.5)).isEqualTo("4.5");
    }
}
