/// From the log back to the data.
@NullMarked
package io.nuthatch.persistence.recovery;

import org.jspecify.annotations.NullMarked;
