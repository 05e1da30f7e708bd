package io.nuthatch.engine.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The `*Stress` classes by jcstress: what two threads can see of each other, over millions of meetings.
///
/// `-Dnuthatch.jcstress.mode` is how long (jcstress's `-m`; `sanity` takes seconds, `-Pstress` has
/// `default`). One set of JVM options is tried, the server's, and no other compilers. jcstress needs a
/// process of its own: it probes the machine and starts JVMs.
class MemoryModelTest {
    private static final int MILLIS = Integer.getInteger("nuthatch.jcstress.millis", 500);
    private static final Path FOLDER = Path.of("target", "jcstress");

    @Test
    void noThreadSeesWhatItMustNot() throws IOException, InterruptedException {
        Files.createDirectories(FOLDER);
        Path log = FOLDER.resolve("jcstress.log").toAbsolutePath();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.openjdk.jcstress.Main",
                        "-t",
                        "io.nuthatch.engine",
                        "-v",
                        "-m",
                        "sanity",
                        "-time",
                        Integer.toString(MILLIS),
                        "-sc",
                        "false",
                        "-af",
                        "NONE",
                        "-strideSize", // Fewer states at a time than the tests have ordinals for.
                        "100",
                        "-strideCount",
                        "10",
                        "-r",
                        "results",
                        "-jvmArgs",
                        "--add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED"
                                + " --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -ea")
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int status = process.waitFor();
        String said = Files.readString(log, StandardCharsets.UTF_8);
        assertThat(status).as(said).isZero();
        for (String test : List.of(
                "PublicationStress.ByState",
                "PublicationStress.ByLinkOfAWalk",
                "PublicationStress.ByCopyOfAList",
                "PublicationStress.MergeUnderLock",
                "PublicationStress.HandOver",
                "ReclamationStress.RetireBesideAReader",
                "ReclamationStress.RetireBesideClose",
                "OrdinalStress.ReuseBesideASearch",
                "OrdinalStress.LastRelease",
                "SpinLockStress.Exclusion",
                "RecordTableStress.Growth")) {
            assertThat(said).as("whether it ran").contains(test);
        }
    }
}
