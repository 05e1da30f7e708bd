package io.nuthatch.backup.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.Part;

/// An object that is too long for one request, sent in parts. The object is there when the last step is
/// done, and not before.
///
/// What a broken attempt sent stays with the storage, and the next one goes on with it: a part that is there
/// with the MD5 of ours is not sent again. (The ETag of a part is its MD5, but for keys of a customer's own;
/// where it is something else, the part is sent again.) Reading back is what proves the whole.
///
/// Steps throw the library's exceptions. One thread.
final class MultipartUpload {
    /// Of all parts but the last, unless the object needs larger ones.
    static final int PART_BYTES = 8 << 20;

    /// Most parts of an object.
    static final int MAX_PARTS = 10_000;

    /// Longest object.
    static final long MAX_BYTES = 5L << 40;

    private final S3Client client;
    private final String bucket;
    private final String key;

    MultipartUpload(S3Client client, String bucket, String key) {
        this.client = client;
        this.bucket = bucket;
        this.key = key;
    }

    /// How long the parts of an object of `bytes` bytes are.
    static int partBytes(long bytes) {
        long mebibyte = 1 << 20;
        long needed = (bytes + MAX_PARTS - 1) / MAX_PARTS;
        return Math.toIntExact(Math.max(PART_BYTES, (needed + mebibyte - 1) / mebibyte * mebibyte));
    }

    /// Sends `bytes` bytes of `in`.
    void send(InputStream in, long bytes) throws IOException {
        String upload = unfinished().orElseGet(this::begin);
        Map<Integer, Part> there = parts(upload);
        List<CompletedPart> parts = new ArrayList<>();
        byte[] buffer = new byte[partBytes(bytes)];
        long left = bytes;
        while (left > 0) {
            int number = parts.size() + 1;
            int count = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < Math.min(buffer.length, left)) {
                throw new IOException(key + " ends after " + (bytes - left + count) + " of " + bytes + " bytes");
            }
            Part sent = there.get(number);
            String eTag = sent != null && sent.size() == count && isSame(sent.eTag(), buffer, count)
                    ? sent.eTag()
                    : sendPart(upload, number, buffer, count);
            parts.add(CompletedPart.builder().partNumber(number).eTag(eTag).build());
            left -= count;
        }
        client.completeMultipartUpload(
                request -> request.bucket(bucket).key(key).uploadId(upload).multipartUpload(all -> all.parts(parts)));
    }

    private Optional<String> unfinished() {
        return client
                .listMultipartUploadsPaginator(request -> request.bucket(bucket).prefix(key))
                .uploads()
                .stream()
                .filter(upload -> upload.key().equals(key))
                .max(Comparator.comparing(upload -> upload.initiated()))
                .map(upload -> upload.uploadId());
    }

    private String begin() {
        return client.createMultipartUpload(request -> request.bucket(bucket).key(key))
                .uploadId();
    }

    private Map<Integer, Part> parts(String upload) {
        Map<Integer, Part> parts = new HashMap<>();
        client.listPartsPaginator(request -> request.bucket(bucket).key(key).uploadId(upload))
                .parts()
                .forEach(part -> parts.put(part.partNumber(), part));
        return parts;
    }

    private static boolean isSame(String eTag, byte[] bytes, int count) {
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            md5.update(bytes, 0, count);
            return eTag.replace("\"", "").equals(HexFormat.of().formatHex(md5.digest()));
        } catch (NoSuchAlgorithmException none) {
            return false; // A machine that forbids MD5: all parts are sent again.
        }
    }

    private String sendPart(String upload, int number, byte[] bytes, int count) {
        return client.uploadPart(
                        request -> request.bucket(bucket)
                                .key(key)
                                .uploadId(upload)
                                .partNumber(number)
                                .contentLength((long) count),
                        body(bytes, count))
                .eTag();
    }

    /// The first `count` bytes, which do not change meanwhile; they can be sent again.
    static RequestBody body(byte[] bytes, int count) {
        return RequestBody.fromContentProvider(
                () -> new ByteArrayInputStream(bytes, 0, count), count, "application/octet-stream");
    }
}
