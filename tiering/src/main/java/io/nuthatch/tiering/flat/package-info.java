/// Rows of one size, each in a slot of a file.
@NullMarked
package io.nuthatch.tiering.flat;

import org.jspecify.annotations.NullMarked;
