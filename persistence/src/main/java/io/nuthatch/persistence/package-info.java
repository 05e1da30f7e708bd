/// The write-ahead log, checkpoints and recovery behind the engine's Journal; see the module's README.
@NullMarked
package io.nuthatch.persistence;

import org.jspecify.annotations.NullMarked;
