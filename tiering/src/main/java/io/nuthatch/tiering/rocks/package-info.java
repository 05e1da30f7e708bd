/// Documents and posting lists in RocksDB; the one door to it.
@NullMarked
package io.nuthatch.tiering.rocks;

import org.jspecify.annotations.NullMarked;
