/// Nearest-neighbour indexes over shared rows: an exact scan and a mutable HNSW graph, both with real
/// deletes.
@NullMarked
package io.nuthatch.engine.hnsw;

import org.jspecify.annotations.NullMarked;
