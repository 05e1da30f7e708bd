package io.nuthatch.tools.restore;

import io.nuthatch.persistence.backup.BackupStores;
import picocli.CommandLine.Option;

/// Where a backup in `s3://` is, as the server's settings of the same names say.
final class StorageOptions implements BackupStores.Settings {
    @Option(
            names = "--s3-endpoint",
            paramLabel = "URL",
            description = "As the setting backup-s3-endpoint: of a storage that is not Amazon's.")
    private String endpoint = "";

    @Option(names = "--s3-region", paramLabel = "REGION", description = "As the setting backup-s3-region.")
    private String region = "";

    @Option(names = "--s3-path-style", paramLabel = "auto|yes|no", description = "As the setting backup-s3-path-style.")
    private String pathStyle = "";

    @Override
    public String value(String name) {
        return switch (name) {
            case "backup-s3-endpoint" -> endpoint;
            case "backup-s3-region" -> region;
            case "backup-s3-path-style" -> pathStyle;
            default -> "";
        };
    }
}
