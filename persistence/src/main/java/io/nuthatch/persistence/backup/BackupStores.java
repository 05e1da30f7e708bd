package io.nuthatch.persistence.backup;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Finds the place that a text names: a folder, or `scheme://…` for a [Provider].
///
/// Providers are extensions: a folder of jars for each scheme, loaded when a place of that scheme is named
/// for the first time, by a class loader of its own. A server without it starts no slower and needs none of
/// its libraries. Threads: any.
public final class BackupStores {
    /// The system property that names the folder of extensions; bin/launch sets it.
    public static final String EXTENSIONS = "nuthatch.extensions";

    /// A kind of place that is not part of every server; found by [ServiceLoader].
    public interface Provider {
        /// What stands before `://`, such as `s3`.
        String scheme();

        /// The place `address`, which begins with the scheme; not reached for yet. Throws with what is wrong
        /// with the address or the settings.
        BackupStore open(String address, Settings settings) throws IOException;
    }

    /// What a provider is told beside the address.
    @FunctionalInterface
    public interface Settings {
        /// No setting has a value.
        Settings NONE = name -> "";

        /// The value of the server's setting `name`, empty for none.
        String value(String name);
    }

    private final @Nullable Path extensions;
    private final Map<String, ClassLoader> loaders = new HashMap<>(); // By scheme; guarded by this.

    /// `extensions`: a folder with a folder of jars named as each scheme; null for providers on the class
    /// path alone.
    public BackupStores(@Nullable Path extensions) {
        this.extensions = extensions;
    }

    /// With the extensions that the launcher has named.
    public static BackupStores ofThisInstallation() {
        String folder = System.getProperty(EXTENSIONS, "");
        return new BackupStores(folder.isEmpty() ? null : Path.of(folder));
    }

    /// Throws when the text names no place that can be reached from here.
    public BackupStore open(String place, Settings settings) throws IOException {
        int colon = place.indexOf("://");
        if (colon > 0) {
            return openExtension(place.substring(0, colon), place, settings);
        }
        try {
            return new FolderStore(Path.of(place).toAbsolutePath().normalize());
        } catch (InvalidPathException invalid) {
            throw new IOException("'" + place + "' names no folder: " + invalid.getMessage(), invalid);
        }
    }

    private BackupStore openExtension(String scheme, String place, Settings settings) throws IOException {
        if (!scheme.matches("[a-z][a-z0-9]{0,15}")) {
            throw new IOException("nothing keeps backups in " + scheme + "://: name a folder, or s3://bucket/prefix");
        }
        try {
            for (Provider provider : ServiceLoader.load(Provider.class, loader(scheme))) {
                if (provider.scheme().equals(scheme)) {
                    return provider.open(place, settings);
                }
            }
        } catch (ServiceConfigurationError | LinkageError unfit) {
            throw new IOException(
                    "the extension for " + scheme + ":// does not fit this version: " + unfit.getMessage(), unfit);
        }
        Path folder = extensions == null ? null : extensions.resolve(scheme).toAbsolutePath();
        throw new IOException(
                folder == null
                        ? "nothing on the class path keeps backups in " + scheme + "://: name a folder"
                        : "backups in " + scheme + ":// need an extension whose jars are not in " + folder
                                + ": put them there (docs/BACKUP.md), or name a folder");
    }

    private synchronized ClassLoader loader(String scheme) throws IOException {
        ClassLoader own = BackupStores.class.getClassLoader();
        Path folder = extensions == null ? null : extensions.resolve(scheme);
        if (folder == null || !Files.isDirectory(folder)) {
            return own;
        }
        ClassLoader known = loaders.get(scheme);
        if (known == null) {
            List<URL> jars = new ArrayList<>();
            try (Stream<Path> files = Files.list(folder)) {
                for (Path jar : (Iterable<Path>)
                        files.filter(file -> file.toString().endsWith(".jar")).sorted()::iterator) {
                    jars.add(jar.toUri().toURL());
                }
            }
            if (jars.isEmpty()) {
                return own;
            }
            known = new URLClassLoader(scheme, jars.toArray(URL[]::new), own); // Open as long as the process lives.
            loaders.put(scheme, known);
        }
        return known;
    }
}
