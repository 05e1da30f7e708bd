/// `bin/nuthatch-check`: looks into a data folder, and mends it.
@NullMarked
package io.nuthatch.tools.check;

import org.jspecify.annotations.NullMarked;
