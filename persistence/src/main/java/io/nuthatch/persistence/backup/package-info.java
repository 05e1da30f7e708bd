/// Backups: a checkpoint and the log behind it, copied while the server goes on, and brought back to any
/// record in it.
@NullMarked
package io.nuthatch.persistence.backup;

import org.jspecify.annotations.NullMarked;
