package io.nuthatch.tools.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AofManifestTest {
    @TempDir
    private Path folder;

    @Test
    void theFolderOfARealServerIsReadBaseFirst() throws IOException {
        assertThat(AofManifest.files(Sources.GOLDEN.resolve("appendonlydir")))
                .extracting(file -> file.getFileName().toString())
                .containsExactly("appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof");
    }

    @Test
    void incrementsAreInTheOrderOfTheirNumbersAndHistoryIsPassed() throws IOException {
        for (String name : new String[] {"b", "i 2", "i10"}) {
            Files.createFile(folder.resolve(name));
        }
        Path manifest = Files.writeString(folder.resolve("x.manifest"), """
                file i10 seq 10 type i
                file gone seq 1 type h
                file "i 2" seq 2 type i startoffset 5
                file b seq 3 type b
                """);
        assertThat(AofManifest.isAt(manifest)).isTrue();
        assertThat(AofManifest.files(manifest))
                .extracting(file -> file.getFileName().toString())
                .containsExactly("b", "i 2", "i10");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file ../x seq 1 type i",
                "file x seq 1 type z",
                "nonsense",
                "file missing seq 1 type b",
                "file /x seq 1 type b"
            })
    void aLineThatNamesNoFileOfTheFolderIsRefused(String line) throws IOException {
        Path manifest = Files.writeString(folder.resolve("x.manifest"), line + "\n");
        assertThatThrownBy(() -> AofManifest.files(manifest))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("line 1");
    }

    @Test
    void aFolderWithoutAManifestIsRefused() {
        assertThatThrownBy(() -> AofManifest.files(folder)).hasMessageContaining("0 files end in .manifest");
    }
}
