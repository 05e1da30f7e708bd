/// Runs the engine's jcstress tests, which lie beside the classes they test.
@NullMarked
package io.nuthatch.engine.stress;

import org.jspecify.annotations.NullMarked;
