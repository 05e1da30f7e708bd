@NullMarked
package io.nuthatch.server;

import org.jspecify.annotations.NullMarked;
