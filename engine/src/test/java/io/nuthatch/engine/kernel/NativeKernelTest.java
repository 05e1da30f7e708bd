package io.nuthatch.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// That the kernel is there where it should be: what is optional is missed by nobody otherwise.
class NativeKernelTest {
    @Test
    void whereACompilerIsThereTheKernelRuns() {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "it is built on Linux only");
        assumeTrue(!"off".equals(System.getProperty("nuthatch.native")), "it is switched off");
        assumeTrue(hasCompiler(), "there is no C compiler");
        assertThat(NativeKernel.whyNot()).isEmpty();
        assertThat(NativeKernel.isOn()).isTrue();
        assertThat(NativeKernel.name()).startsWith("native-");
    }

    @Test
    void theSwitchKeepsItAway() {
        assumeTrue("off".equals(System.getProperty("nuthatch.native")), "it is not switched off");
        assertThat(NativeKernel.isOn()).isFalse();
        assertThat(NativeKernel.name()).isEqualTo("java");
        assertThat(NativeKernel.whyNot()).isEqualTo("-Dnuthatch.native=off");
    }

    private static boolean hasCompiler() {
        return List.of("cc", "gcc", "clang").stream().anyMatch(NativeKernelTest::runs);
    }

    private static boolean runs(String compiler) {
        try {
            Process process = new ProcessBuilder(compiler, "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
