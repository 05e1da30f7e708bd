@NullMarked
package io.nuthatch.persistence;

import org.jspecify.annotations.NullMarked;
