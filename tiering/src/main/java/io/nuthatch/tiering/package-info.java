/// Which vectors and documents are worth memory, and where the others live; see the module's README.
@NullMarked
package io.nuthatch.tiering;

import org.jspecify.annotations.NullMarked;
