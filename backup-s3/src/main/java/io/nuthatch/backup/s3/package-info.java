/// Backups in a bucket of S3, or of another storage that speaks its protocol.
@NullMarked
package io.nuthatch.backup.s3;

import org.jspecify.annotations.NullMarked;
