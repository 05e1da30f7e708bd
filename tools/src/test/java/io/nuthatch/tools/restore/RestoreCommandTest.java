package io.nuthatch.tools.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.persistence.backup.Backup;
import io.nuthatch.persistence.backup.BackupProgress;
import io.nuthatch.persistence.backup.FolderStore;
import io.nuthatch.persistence.disk.FileStorage;
import io.nuthatch.persistence.wal.LogInspection;
import io.nuthatch.tools.TestLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// The command line: what it says and how it exits.
class RestoreCommandTest {
    @TempDir
    private Path folder;

    private final MemoryAccount account = new MemoryAccount();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void backUp() throws IOException {
        Path log = folder.resolve("live/appendonlydir");
        TestLog.write(log);
        new Backup(
                        new FolderStore(folder.resolve("backup")),
                        new BackupProgress(),
                        0,
                        () -> 0,
                        account.counter("test", "buffers"))
                .take(null, log, TestLog.RECORDS, 1_700_000_000_000L);
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return new CommandLine(new RestoreCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private long lastLsn(String name) throws IOException {
        return LogInspection.of(
                        FileStorage.view(folder.resolve(name).resolve("appendonlydir")),
                        account.counter("test", "buffers"))
                .lastLsn();
    }

    @Test
    void allOfIt() throws IOException {
        assertThat(run(at("backup"), at("restored"))).isZero();
        assertThat(out.toString())
                .contains("a backup of 2023-11-14T22:13:20Z: 1 files, ", "records 0 to " + TestLog.RECORDS)
                .contains("up to record " + TestLog.RECORDS, "--appendonly yes");
        assertThat(lastLsn("restored")).isEqualTo(TestLog.RECORDS);
        assertThat(run(at("backup"), at("restored"))).as("a second time").isEqualTo(1);
        assertThat(err.toString()).contains("is not empty: restore to another folder");
    }

    @Test
    void upToARecord() throws IOException {
        assertThat(run(at("backup"), at("restored"), "--to-lsn", "4")).isZero();
        assertThat(lastLsn("restored")).isEqualTo(4);
        assertThat(run(at("backup"), at("beyond"), "--to-lsn", "4000")).isEqualTo(1);
        assertThat(err.toString()).contains("record 4000 is not in reach: ");
    }

    @Test
    void upToATime() throws IOException {
        assertThat(run(at("backup"), at("late"), "--to-time", "2100-01-01T00:00:00Z"))
                .isZero();
        assertThat(lastLsn("late")).isEqualTo(TestLog.RECORDS);
        assertThat(run(at("backup"), at("early"), "--to-time", "1000000000")).isZero();
        assertThat(lastLsn("early")).isZero();
        assertThat(run(at("backup"), at("wrong"), "--to-time", "yesterday")).isEqualTo(2);
        assertThat(run(at("backup"), at("both"), "--to-time", "1", "--to-lsn", "1"))
                .isEqualTo(2);
    }

    @Test
    void noBackupAndADamagedOneAreRefused() throws IOException {
        assertThat(run(at("live"), at("restored"))).isEqualTo(1);
        assertThat(err.toString()).contains("holds no whole backup: there is no file backup in it");
        Path manifest = folder.resolve("backup/backup");
        Files.writeString(manifest, ByteStrings.of(Files.readAllBytes(manifest)).replace("lsn 0", "lsn 1"));
        assertThat(run(at("backup"), at("restored"))).isEqualTo(1);
        assertThat(err.toString()).contains("is damaged: its checksum is wrong");
    }
}
