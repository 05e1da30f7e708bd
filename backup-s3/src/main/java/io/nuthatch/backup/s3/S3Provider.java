package io.nuthatch.backup.s3;

import io.nuthatch.persistence.backup.BackupStore;
import io.nuthatch.persistence.backup.BackupStores;
import java.io.IOException;

/// Backups in `s3://bucket/prefix`.
public final class S3Provider implements BackupStores.Provider {
    @Override
    public String scheme() {
        return S3Address.SCHEME;
    }

    @Override
    public BackupStore open(String address, BackupStores.Settings settings) throws IOException {
        return new S3Store(S3Address.parse(address), S3Connection.of(settings));
    }
}
