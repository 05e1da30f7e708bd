/// The `FT.*` commands over sockets: real clients, wire tests and the mixed-load test.
@NullMarked
package io.nuthatch.redistests.search;

import org.jspecify.annotations.NullMarked;
