/// `bin/nuthatch-restore`: brings a backup back as a data folder.
@NullMarked
package io.nuthatch.tools.restore;

import org.jspecify.annotations.NullMarked;
