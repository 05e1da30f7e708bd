/// Looks into a data folder while no server uses it, and mends it as far as that is possible.
@NullMarked
package io.nuthatch.persistence.check;

import org.jspecify.annotations.NullMarked;
