package io.nuthatch.backup.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nuthatch.persistence.backup.BackupStores;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Addresses and settings, without a storage.
class S3AddressTest {
    @Test
    void bucketAndPrefixAreTold() throws IOException {
        assertThat(S3Address.parse("s3://bucket")).isEqualTo(new S3Address("bucket", ""));
        assertThat(S3Address.parse("s3://bucket/")).hasToString("s3://bucket");
        assertThat(S3Address.parse("s3://my-bucket.x/a/b-1/")).isEqualTo(new S3Address("my-bucket.x", "a/b-1/"));
        assertThat(S3Address.parse("s3://my-bucket.x/a/b-1"))
                .hasToString("s3://my-bucket.x/a/b-1")
                .extracting(address -> address.key("log/1"))
                .isEqualTo("a/b-1/log/1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://",
                "s3:///x",
                "s3://B",
                "s3://ab",
                "s3://bucket/../x",
                "s3://bucket/a//b",
                "s3://bucket/a?b"
            })
    void whatIsNoAddressIsRefused(String text) {
        assertThatThrownBy(() -> S3Address.parse(text)).isInstanceOf(IOException.class);
    }

    @Test
    void credentialsInAnAddressAreRefusedAndNotRepeated() {
        assertThatThrownBy(() -> S3Address.parse("s3://key:geheim@bucket/x"))
                .hasMessageContaining("no credentials in an address")
                .hasMessageNotContaining("geheim");
    }

    private static S3Connection connection(String endpoint, String region, String pathStyle) throws IOException {
        BackupStores.Settings settings = name -> Map.of(
                        "backup-s3-endpoint", endpoint, "backup-s3-region", region, "backup-s3-path-style", pathStyle)
                .getOrDefault(name, "");
        return S3Connection.of(settings);
    }

    @Test
    void settingsSayWhereTheStorageIs() throws IOException {
        assertThat(connection("", "", "auto").isPathStyle()).isFalse();
        assertThat(connection("", "eu-central-1", "yes")).isEqualTo(new S3Connection(null, "eu-central-1", true));
        assertThat(connection("https://minio:9000", "", "auto").isPathStyle()).isTrue();
        assertThat(connection("https://minio:9000", "", "no").isPathStyle()).isFalse();
        assertThatThrownBy(() -> connection("minio:9000", "", "")).hasMessageContaining("is no address such as");
        assertThatThrownBy(() -> connection("https://key:geheim@minio", "", ""))
                .hasMessageContaining("is no address such as")
                .hasMessageNotContaining("geheim");
        assertThatThrownBy(() -> connection("", "", "maybe")).hasMessageContaining("is yes, no or auto");
        assertThatThrownBy(() -> connection("", "eu central", "")).hasMessageContaining("is no name of a region");
    }

    @Test
    void partsGrowWithObjectsSoThatTenThousandAreEnough() {
        for (long bytes : new long[] {1, MultipartUpload.PART_BYTES, 80L << 30, 1L << 40, MultipartUpload.MAX_BYTES}) {
            long part = MultipartUpload.partBytes(bytes);
            assertThat((bytes + part - 1) / part).as("%d bytes", bytes).isLessThanOrEqualTo(MultipartUpload.MAX_PARTS);
        }
        assertThat(MultipartUpload.partBytes(6L << 30)).isEqualTo(MultipartUpload.PART_BYTES);
        assertThat(MultipartUpload.partBytes(100L << 30)).isEqualTo(11 << 20);
    }
}
