/// A client of a running server that does not wait for each reply.
@NullMarked
package io.nuthatch.tools.client;

import org.jspecify.annotations.NullMarked;
