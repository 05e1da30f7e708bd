/// Vectors as rows off the heap, held once in the type they were declared in, and the kernels that compare
/// them.
@NullMarked
package io.nuthatch.engine.vector;

import org.jspecify.annotations.NullMarked;
