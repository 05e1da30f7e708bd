@NullMarked
package io.nuthatch.tiering;

import org.jspecify.annotations.NullMarked;
