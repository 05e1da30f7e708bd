package io.nuthatch.tools.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumeStateTest {
    @TempDir
    private Path folder;

    @Test
    void itemsAreFoundAgainForTheSameFileAndOptions() throws IOException {
        Path file = Files.writeString(folder.resolve("a.csv"), "id");
        Path path = folder.resolve("state");
        ResumeState.open(path, "--key x").keep(file, 12);
        assertThat(ResumeState.open(path, "--key x").itemsOf(file)).isEqualTo(12);
        Path other = Files.createFile(folder.resolve("b"));
        assertThat(ResumeState.open(path, "--key x").itemsOf(other)).isZero();
        assertThatThrownBy(() -> ResumeState.open(path, "--key x").itemsOf(folder))
                .hasMessageContaining("cannot be resumed");
        assertThatThrownBy(() -> ResumeState.open(path, "--key y")).hasMessageContaining("other options");
        Files.writeString(file, "id2");
        assertThatThrownBy(() -> ResumeState.open(path, "--key x").itemsOf(file))
                .hasMessageContaining("has changed since");
    }

    @Test
    void anythingElseIsRefused() throws IOException {
        Path path = folder.resolve("state");
        for (String text : new String[] {
            "",
            "x",
            "nuthatch-import 2\noptions o\n",
            "nuthatch-import 1\noptions o\na\t1\n",
            "nuthatch-import 1\noptions o\na\t1\tx\t2\n"
        }) {
            Files.writeString(path, text);
            assertThatThrownBy(() -> ResumeState.open(path, "o")).isInstanceOf(IOException.class);
        }
    }
}
