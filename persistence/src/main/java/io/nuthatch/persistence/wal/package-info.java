/// The write-ahead log: segments of records, group commit, and reading them back.
@NullMarked
package io.nuthatch.persistence.wal;

import org.jspecify.annotations.NullMarked;
