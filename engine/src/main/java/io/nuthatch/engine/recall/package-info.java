/// How good the answers of approximate searches are: measured while they are given, and asked for.
@NullMarked
package io.nuthatch.engine.recall;

import org.jspecify.annotations.NullMarked;
