/// Text as the engine searches it: byte strings, tokens, stop words, stems and the inverted index over them.
@NullMarked
package io.nuthatch.engine.text;

import org.jspecify.annotations.NullMarked;
