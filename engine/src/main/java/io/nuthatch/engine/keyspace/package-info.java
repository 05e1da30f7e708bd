/// All keys and values off the heap: small tables of addresses per hash slot, packed records in slabs,
/// striped locks.
@NullMarked
package io.nuthatch.engine.keyspace;

import org.jspecify.annotations.NullMarked;
