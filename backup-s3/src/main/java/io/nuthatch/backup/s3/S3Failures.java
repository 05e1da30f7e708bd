package io.nuthatch.backup.s3;

import java.io.IOException;
import java.io.InterruptedIOException;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Says in our words, with what to do about it, why the storage did not do something.
///
/// @param place the backup's
/// @param endpoint where the storage is
record S3Failures(S3Address place, String endpoint) {
    private static final String NEEDED = "the credentials must allow s3:ListBucket, s3:GetObject, s3:PutObject,"
            + " s3:AbortMultipartUpload, s3:ListBucketMultipartUploads and s3:ListMultipartUploadParts";

    IOException of(SdkException failure) {
        if (failure instanceof AbortedException) {
            return new InterruptedIOException("the server stops");
        }
        return new IOException(failure instanceof S3Exception answer ? answered(answer) : unanswered(failure), failure);
    }

    private String answered(S3Exception answer) {
        AwsErrorDetails details = answer.awsErrorDetails();
        String code = details == null || details.errorCode() == null ? "" : details.errorCode();
        String said = endpoint + " says " + answer.statusCode()
                + (code.isEmpty() ? "" : " " + code)
                + (details == null || details.errorMessage() == null ? "" : ": " + details.errorMessage());
        if (code.equals("NoSuchBucket")) {
            return "there is no bucket " + place.bucket() + " at " + endpoint + ": make it first";
        }
        if (code.equals("AuthorizationHeaderMalformed") || answer.statusCode() == 301) {
            return place + " is in another region: set backup-s3-region (" + said + ")";
        }
        if (answer.statusCode() == 401 || answer.statusCode() == 403) {
            return "access to " + place + " is denied: " + NEEDED + " (" + said + ")";
        }
        return place + ": " + said;
    }

    private String unanswered(SdkException failure) {
        String text = String.valueOf(failure.getMessage());
        if (text.contains("Unable to load credentials")) {
            return "there are no credentials for " + place + ": set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the"
                    + " environment, or have ~/.aws/credentials";
        }
        if (text.contains("Unable to load region")) {
            return "the region of " + place + " is not known: set backup-s3-region, or AWS_REGION in the environment";
        }
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof IOException ? endpoint + " cannot be reached: " + cause : place + ": " + text;
    }
}
