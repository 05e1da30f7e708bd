/// Where vectors and documents are that are not worth memory: a store in one folder of a disk.
@NullMarked
package io.nuthatch.tiering;

import org.jspecify.annotations.NullMarked;
