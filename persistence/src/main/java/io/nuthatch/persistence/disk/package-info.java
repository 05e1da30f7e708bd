/// The disk behind the engine's Storage.
@NullMarked
package io.nuthatch.persistence.disk;

import org.jspecify.annotations.NullMarked;
