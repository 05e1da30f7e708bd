package io.nuthatch.backup.s3;

import io.nuthatch.persistence.backup.BackupStores;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/// Where a storage is and how it is spoken to. Credentials are found by the library: environment, system
/// properties, the profile's file, the container's or the machine's role; they are kept nowhere here.
///
/// @param endpoint null for Amazon's
/// @param region null for what the environment says
record S3Connection(@Nullable URI endpoint, @Nullable String region, boolean isPathStyle) {
    private static final String ENDPOINT = "backup-s3-endpoint";
    private static final String REGION = "backup-s3-region";
    private static final String PATH_STYLE = "backup-s3-path-style";

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(30);

    /// Throws when a setting makes no sense.
    static S3Connection of(BackupStores.Settings settings) throws IOException {
        String endpoint = settings.value(ENDPOINT);
        String region = settings.value(REGION);
        URI uri = endpoint.isEmpty() ? null : endpoint(endpoint);
        if (!region.isEmpty() && !region.matches("[a-z0-9-]{1,63}")) {
            throw new IOException(REGION + " '" + region + "' is no name of a region, such as eu-central-1");
        }
        String pathStyle = settings.value(PATH_STYLE);
        boolean isPathStyle = switch (pathStyle) {
            case "yes" -> true;
            case "no" -> false;
            case "", "auto" -> uri != null;
            default -> throw new IOException(PATH_STYLE + " is yes, no or auto, not '" + pathStyle + "'");
        };
        return new S3Connection(uri, region.isEmpty() ? null : region, isPathStyle);
    }

    private static URI endpoint(String text) throws IOException {
        URI uri;
        try {
            uri = URI.create(text);
        } catch (IllegalArgumentException malformed) {
            uri = URI.create("");
        }
        boolean isWeb = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!isWeb || uri.getHost() == null || uri.getRawUserInfo() != null || uri.getRawQuery() != null) {
            throw new IOException(ENDPOINT + " is no address such as https://s3.example.com:9000");
        }
        return uri;
    }

    /// What people call it.
    String name() {
        return endpoint == null ? "Amazon S3" : endpoint.toString();
    }

    /// A client of its own, to be closed. Throws the library's exceptions where something is missing.
    S3Client open() {
        S3ClientBuilder builder = S3Client.builder()
                .httpClient(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(SILENCE)
                        .build())
                .overrideConfiguration(options -> options.retryStrategy(RetryMode.STANDARD))
                // Everything is read again and compared; and storages beside Amazon's refuse newer headers.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .serviceConfiguration(
                        S3Configuration.builder().chunkedEncodingEnabled(false).build())
                .forcePathStyle(isPathStyle);
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        String known = region != null || endpoint == null
                ? region
                : SdkSystemSetting.AWS_REGION.getStringValue().orElse(Region.US_EAST_1.id());
        if (known != null) {
            builder.region(Region.of(known));
        }
        return builder.build();
    }
}
