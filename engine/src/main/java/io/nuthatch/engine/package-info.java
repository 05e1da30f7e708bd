/// The ports that the engine owns and that other modules implement.
@NullMarked
package io.nuthatch.engine;

import org.jspecify.annotations.NullMarked;
