/// The server seen from its sockets: wire tests, one class per command family, and real client libraries.
@NullMarked
package io.nuthatch.redistests;

import org.jspecify.annotations.NullMarked;
