package io.nuthatch.backup.s3;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// The bytes of one object, from the first to the last. Where a connection ends early, another one goes on
/// behind what was read, of the same version of the object.
///
/// One thread.
final class ObjectInput extends InputStream {
    private static final int MAX_TRIES = 4;

    private final S3Client client;
    private final GetObjectRequest request;
    private final S3Failures failures;
    private final long bytes;
    private final String version;
    private long position;
    private @Nullable ResponseInputStream<GetObjectResponse> connection;

    ObjectInput(S3Client client, GetObjectRequest request, S3Failures failures) throws IOException {
        this.client = client;
        this.request = request;
        this.failures = failures;
        try {
            ResponseInputStream<GetObjectResponse> first = client.getObject(request);
            this.connection = first;
            this.bytes = first.response().contentLength();
            this.version = first.response().eTag();
        } catch (SdkException failure) {
            throw failures.of(failure);
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (position == bytes || length == 0) {
            return length == 0 ? 0 : -1;
        }
        for (int tries = 1; ; tries++) {
            try {
                int count = connected().read(into, offset, (int) Math.min(length, bytes - position));
                if (count > 0) {
                    position += count;
                    return count;
                }
                throw new IOException(request.key() + " ended after " + position + " of " + bytes + " bytes");
            } catch (IOException cut) {
                close();
                if (tries == MAX_TRIES) {
                    throw cut;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100L << tries));
            }
        }
    }

    private InputStream connected() throws IOException {
        ResponseInputStream<GetObjectResponse> current = connection;
        if (current == null) {
            try {
                current = client.getObject(request.toBuilder()
                        .range("bytes=" + position + "-")
                        .ifMatch(version)
                        .build());
            } catch (SdkException failure) {
                throw failures.of(failure);
            }
            connection = current;
        }
        return current;
    }

    /// What was not read is not waited for.
    @Override
    public void close() {
        ResponseInputStream<GetObjectResponse> left = connection;
        connection = null;
        if (left != null) {
            left.abort();
        }
    }
}
