package io.nuthatch.backup.s3;

import io.nuthatch.persistence.backup.BackupStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Object;

/// A backup as objects of a bucket, all behind one prefix. An object is there with all of its bytes or not at
/// all; a long one is sent in parts, and goes on where a broken attempt ended: see [MultipartUpload].
///
/// The storage is reached for with the first step, not when this is made. One thread.
final class S3Store implements BackupStore {
    private static final int MAX_OBJECTS = 1_000_000;

    private final S3Address address;
    private final S3Connection connection;
    private final S3Failures failures;
    private @Nullable S3Client client;

    S3Store(S3Address address, S3Connection connection) {
        this.address = address;
        this.connection = connection;
        this.failures = new S3Failures(address, connection.name());
    }

    /// A step that asks the storage for something.
    private interface Step<T> {
        T run(S3Client client) throws IOException;
    }

    private <T> T ask(Step<T> step) throws IOException {
        try {
            S3Client open = client;
            if (open == null) {
                open = connection.open();
                client = open;
            }
            return step.run(open);
        } catch (SdkException failure) {
            throw failures.of(failure);
        }
    }

    @Override
    public Map<String, Long> list() throws IOException {
        return ask(s3 -> {
            Map<String, Long> sizes = new TreeMap<>();
            for (S3Object object : s3.listObjectsV2Paginator(
                            request -> request.bucket(address.bucket()).prefix(address.prefix()))
                    .contents()) {
                sizes.put(object.key().substring(address.prefix().length()), object.size());
                if (sizes.size() > MAX_OBJECTS) {
                    throw new IOException(address + " holds more than " + MAX_OBJECTS
                            + " objects: name a prefix for the backup alone");
                }
            }
            return sizes;
        });
    }

    @Override
    public boolean link(Path file, String name) {
        return false;
    }

    @Override
    public void write(String name, InputStream in, long bytes) throws IOException {
        String key = address.key(name);
        if (bytes > MultipartUpload.MAX_BYTES) {
            throw new IOException(
                    name + " has " + bytes + " bytes, and no object can have more than " + MultipartUpload.MAX_BYTES);
        }
        ask(s3 -> {
            if (bytes > MultipartUpload.PART_BYTES) {
                new MultipartUpload(s3, address.bucket(), key).send(in, bytes);
                return key;
            }
            byte[] all = in.readNBytes((int) bytes);
            if (all.length < bytes) {
                throw new IOException(name + " ends after " + all.length + " of " + bytes + " bytes");
            }
            s3.putObject(request -> request.bucket(address.bucket()).key(key), MultipartUpload.body(all, all.length));
            return key;
        });
    }

    @Override
    public void clearDrafts() throws IOException {
        ask(s3 -> {
            s3.listMultipartUploadsPaginator(
                            request -> request.bucket(address.bucket()).prefix(address.prefix()))
                    .uploads()
                    .forEach(upload -> s3.abortMultipartUpload(request ->
                            request.bucket(address.bucket()).key(upload.key()).uploadId(upload.uploadId())));
            return address;
        });
    }

    @Override
    public InputStream read(String name) throws IOException {
        GetObjectRequest request = GetObjectRequest.builder()
                .bucket(address.bucket())
                .key(address.key(name))
                .build();
        return ask(s3 -> new ObjectInput(s3, request, failures));
    }

    @Override
    public void close() {
        S3Client open = client;
        client = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
