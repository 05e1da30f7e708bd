/// RESP2 and RESP3 on the wire: requests are framed in place, replies are written straight into one output
/// buffer.
@NullMarked
package io.nuthatch.resp;

import org.jspecify.annotations.NullMarked;
