/// Files past the page cache, and many reads at once.
@NullMarked
package io.nuthatch.tiering.disk;

import org.jspecify.annotations.NullMarked;
