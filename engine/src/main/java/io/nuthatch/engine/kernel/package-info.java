/// The optional native kernel: finding, loading and calling the C code of `engine/src/main/native`.
@NullMarked
package io.nuthatch.engine.kernel;

import org.jspecify.annotations.NullMarked;
