package io.nuthatch.persistence.backup;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ServiceLoader;

/// Finds the place that a text names: a folder, or `scheme://…` for a [Provider] on the class path.
public final class BackupStores {
    /// A kind of place that is not part of every server; found by [ServiceLoader].
    public interface Provider {
        /// What stands before `://`, such as `s3`.
        String scheme();

        /// The place `address`, which begins with the scheme. Throws with what is wrong with it.
        BackupStore open(String address) throws IOException;
    }

    private BackupStores() {}

    /// Throws when the text names no place that this server can reach.
    public static BackupStore open(String place) throws IOException {
        int colon = place.indexOf("://");
        if (colon > 0) {
            String scheme = place.substring(0, colon);
            for (Provider provider : ServiceLoader.load(Provider.class)) {
                if (provider.scheme().equals(scheme)) {
                    return provider.open(place);
                }
            }
            throw new IOException("nothing on the class path keeps backups in " + scheme + "://: name a folder");
        }
        try {
            return new FolderStore(Path.of(place).toAbsolutePath().normalize());
        } catch (InvalidPathException invalid) {
            throw new IOException("'" + place + "' names no folder: " + invalid.getMessage(), invalid);
        }
    }
}
