/// What all programs of this module share.
@NullMarked
package io.nuthatch.tools;

import org.jspecify.annotations.NullMarked;
