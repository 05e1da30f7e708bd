/// What commands change, as records for the journal.
@NullMarked
package io.nuthatch.engine.effect;

import org.jspecify.annotations.NullMarked;
