package io.nuthatch.tools.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.tools.TestLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// The command line: what it says and how it exits.
class CheckCommandTest {
    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return new CommandLine(new CheckCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    private Path writeLog() throws IOException {
        return TestLog.write(folder.resolve("appendonlydir"));
    }

    private static void damage(Path log, String text) throws IOException {
        byte[] bytes = Files.readAllBytes(log);
        int at = ByteStrings.of(bytes).indexOf(text);
        assertThat(at).isPositive();
        bytes[at] ^= 1;
        Files.write(log, bytes);
    }

    @Test
    void aWholeFolder() throws IOException {
        writeLog();
        assertThat(run("--verify", folder.toString())).isZero();
        assertThat(out.toString())
                .contains("appendonlydir: 1 files, ", "records 1 to 11, bytes 32 to ")
                .contains("checkpoints: there is no checkpoint", "A server starts on this.");
    }

    @Test
    void aDamagedOneIsDescribedAndThenMended() throws IOException {
        Path log = writeLog();
        damage(log, "value of 6");
        assertThat(run("--verify", folder.toString())).isEqualTo(1);
        assertThat(out.toString())
                .contains("A server does not start on this:")
                .contains("appendonlydir/0000000000000000001.log: damaged at byte ")
                .contains("record 7 had been synced and is not whole any more")
                .contains("--repair would:", "keep no checkpoint and records 1 to 6 of the log")
                .contains("LOST: records 7 to 11 of the log");
        assertThat(folder.resolve("repair-1")).doesNotExist();
        assertThat(run("--repair", folder.toString())).isEqualTo(1);
        assertThat(out.toString())
                .contains("Repaired:", "3 of the lost records can be read; they change 3 keys and indexes:")
                .contains("    db0 key\\x207", "    db0 key\\x209")
                .contains("copies of 1 files as they were: " + folder.resolve("repair-1"));
        assertThat(folder.resolve("repair-1/appendonlydir/" + log.getFileName()))
                .exists();
        assertThat(run("--verify", folder.toString())).isZero();
        assertThat(out.toString()).contains("records 1 to 6, ");
        assertThat(run("--repair", folder.toString()))
                .as("nothing is left to mend")
                .isZero();
        assertThat(folder.resolve("repair-2")).doesNotExist();
    }

    @Test
    void aFolderInUseOrWithoutDataIsRefused() throws IOException {
        assertThat(run("--verify", folder.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("has neither a folder appendonlydir nor a folder checkpoints");
        writeLog();
        try (FileStorage held = FileStorage.open(folder.resolve("appendonlydir"))) {
            assertThat(run("--repair", folder.toString())).isEqualTo(2);
            assertThat(err.toString()).contains("is in use by another server");
        }
        assertThat(run("--verify", "--appenddirname", "other", folder.toString()))
                .isEqualTo(2);
    }

    @Test
    void exactlyOneOfTheTwoIsToBeGiven() {
        assertThat(run(folder.toString())).isEqualTo(2);
        assertThat(run("--verify", "--repair", folder.toString())).isEqualTo(2);
        assertThat(run("--verify")).isEqualTo(2);
    }
}
