package io.nuthatch.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What the compiler and the formatter let through: read from the sources themselves.
class TidyTest {
    /// Past this the formatter breaks a `///` line, and the tail falls out of the doc.
    private static final int DOC_COLUMNS = 110;

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @Test
    void noDocCommentLosesItsTail() {
        List<String> found = new ArrayList<>();
        for (Path source : sources()) {
            List<String> lines = lines(source);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i).strip();
                if (line.startsWith("///")
                        && i + 1 < lines.size()
                        && lines.get(i + 1).strip().matches("//(?!/).*")) {
                    found.add(at(source, i + 1) + " is a plain comment straight after a doc");
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void docCommentsAreWrappedByHand() {
        List<String> found = new ArrayList<>();
        for (Path source : sources()) {
            List<String> lines = lines(source);
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).strip().startsWith("///") && lines.get(i).length() > DOC_COLUMNS) {
                    found.add(at(source, i) + " is longer than " + DOC_COLUMNS + " columns");
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void everyPackageSaysItsIdea() {
        TreeSet<String> silent = new TreeSet<>();
        for (Path source : sources()) {
            if (!source.toString().contains("/src/main/java/")) {
                continue;
            }
            Path info = source.resolveSibling("package-info.java");
            if (!Files.exists(info) || lines(info).stream().noneMatch(line -> line.startsWith("/// "))) {
                silent.add(ROOT.relativize(source.getParent()).toString());
            }
        }
        assertThat(silent)
                .as("packages without a sentence in package-info.java")
                .isEmpty();
    }

    private static List<Path> sources() {
        try (Stream<Path> modules = Files.list(ROOT)) {
            List<Path> found = new ArrayList<>();
            for (Path module : modules.toList()) {
                Path src = module.resolve("src");
                if (Files.exists(module.resolve("pom.xml")) && Files.isDirectory(src)) {
                    try (Stream<Path> files = Files.walk(src)) {
                        files.filter(file -> file.toString().endsWith(".java")).forEach(found::add);
                    }
                }
            }
            assertThat(found).as("sources under " + ROOT).hasSizeGreaterThan(10);
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String at(Path source, int line) {
        return ROOT.relativize(source) + ":" + (line + 1);
    }
}
