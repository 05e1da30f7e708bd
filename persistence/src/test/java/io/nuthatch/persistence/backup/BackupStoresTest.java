package io.nuthatch.persistence.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which place a text names, and extensions that are there, missing, or of another version.
class BackupStoresTest {
    @TempDir
    private Path folder;

    /// What an extension's jar holds in these tests; the class path does not name it as a provider.
    public static final class EchoProvider implements BackupStores.Provider {
        @Override
        public String scheme() {
            return "echo";
        }

        @Override
        public BackupStore open(String address, BackupStores.Settings settings) {
            return new FolderStore(Path.of("/" + settings.value("echo-at")));
        }
    }

    private void install(String scheme, String provider) throws IOException {
        Path jar = Files.createDirectories(folder.resolve(scheme)).resolve("extension.jar");
        String own = EchoProvider.class.getName().replace('.', '/') + ".class";
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                InputStream type = BackupStoresTest.class.getResourceAsStream("/" + own)) {
            out.putNextEntry(new JarEntry("META-INF/services/" + BackupStores.Provider.class.getName()));
            out.write(provider.getBytes(StandardCharsets.UTF_8));
            out.putNextEntry(new JarEntry(own));
            out.write(type.readAllBytes());
        }
    }

    @Test
    void aTextWithoutASchemeIsAFolder() throws IOException {
        try (BackupStore store = new BackupStores(folder).open(folder + "/x/../y", BackupStores.Settings.NONE)) {
            assertThat(store).isInstanceOf(FolderStore.class).hasToString(folder + "/y");
        }
        assertThatThrownBy(() -> new BackupStores(folder).open("a\0b", BackupStores.Settings.NONE))
                .hasMessageContaining("names no folder");
    }

    @Test
    void anExtensionIsFoundInTheFolderOfItsScheme() throws IOException {
        install("echo", EchoProvider.class.getName());
        BackupStores stores = new BackupStores(folder);
        for (int i = 0; i < 2; i++) {
            try (BackupStore store = stores.open("echo://x", name -> name.equals("echo-at") ? "there" : "")) {
                assertThat(store).hasToString("/there");
            }
        }
    }

    @Test
    void anExtensionThatIsMissingIsNamedWithItsFolder() throws IOException {
        BackupStores stores = new BackupStores(folder);
        String missing = "backups in echo:// need an extension whose jars are not in " + folder.resolve("echo") + ":";
        assertThatThrownBy(() -> stores.open("echo://x", BackupStores.Settings.NONE))
                .hasMessageStartingWith(missing);
        Files.createDirectory(folder.resolve("echo"));
        assertThatThrownBy(() -> stores.open("echo://x", BackupStores.Settings.NONE))
                .hasMessageStartingWith(missing);
        install("echo", EchoProvider.class.getName()); // While the server goes on.
        stores.open("echo://x", BackupStores.Settings.NONE).close();
        assertThatThrownBy(() -> new BackupStores(null).open("echo://x", BackupStores.Settings.NONE))
                .hasMessage("nothing on the class path keeps backups in echo://: name a folder");
    }

    @Test
    void aSchemeThatLeadsOutOfTheFolderIsRefused() {
        for (String place : new String[] {"../echo://x", "Echo://x", "/://x"}) {
            assertThatThrownBy(() -> new BackupStores(folder).open(place, BackupStores.Settings.NONE))
                    .hasMessageContaining("name a folder, or s3://bucket/prefix");
        }
    }

    @Test
    void anExtensionThatDoesNotFitSaysSo() throws IOException {
        install("echo", "io.nuthatch.nowhere.Provider");
        assertThatThrownBy(() -> new BackupStores(folder).open("echo://x", BackupStores.Settings.NONE))
                .hasMessageContaining("the extension for echo:// does not fit this version: ");
    }
}
