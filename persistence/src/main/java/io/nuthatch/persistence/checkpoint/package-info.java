/// Checkpoints: the whole state as files, written without a fork while the server goes on, and read at the
/// start.
@NullMarked
package io.nuthatch.persistence.checkpoint;

import org.jspecify.annotations.NullMarked;
