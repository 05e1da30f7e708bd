package io.nuthatch.backup.s3;

import java.io.IOException;
import java.util.regex.Pattern;

/// `s3://bucket/prefix`: a bucket, and what the names of a backup's objects begin with.
///
/// @param prefix empty, or ends with a slash
record S3Address(String bucket, String prefix) {
    static final String SCHEME = "s3";

    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");

    /// Segments of what S3 calls safe characters, none of which begins with a dot.
    private static final Pattern PREFIX =
            Pattern.compile("[A-Za-z0-9_!*'()-][A-Za-z0-9_.!*'()-]*" + "(/[A-Za-z0-9_!*'()-][A-Za-z0-9_.!*'()-]*)*");

    private static final int MAX_PREFIX = 512; // Of the 1,024 bytes that the name of an object may have.

    /// Throws when the text is no such address.
    static S3Address parse(String text) throws IOException {
        String rest = text.substring((SCHEME + "://").length());
        if (rest.contains("@")) { // Not repeated: it would be a secret in a log.
            throw new IOException("no credentials in an address: give them in the environment, as AWS_ACCESS_KEY_ID"
                    + " and AWS_SECRET_ACCESS_KEY");
        }
        while (rest.endsWith("/")) {
            rest = rest.substring(0, rest.length() - 1);
        }
        int slash = rest.indexOf('/');
        String bucket = slash < 0 ? rest : rest.substring(0, slash);
        String prefix = slash < 0 ? "" : rest.substring(slash + 1);
        if (!BUCKET.matcher(bucket).matches()) {
            throw new IOException("'" + bucket + "' is no name of a bucket: write s3://bucket/prefix");
        }
        if (!prefix.isEmpty()
                && (prefix.length() > MAX_PREFIX || !PREFIX.matcher(prefix).matches())) {
            throw new IOException("the prefix '" + prefix + "' cannot be used: take up to " + MAX_PREFIX
                    + " letters, digits and -_.!*'() between single slashes");
        }
        return new S3Address(bucket, prefix.isEmpty() ? "" : prefix + "/");
    }

    /// The key of the object that keeps `name`.
    String key(String name) {
        return prefix + name;
    }

    @Override
    public String toString() {
        return SCHEME + "://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1));
    }
}
