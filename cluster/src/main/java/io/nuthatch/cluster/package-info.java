@NullMarked
package io.nuthatch.cluster;

import org.jspecify.annotations.NullMarked;
