/// Memory off the heap by absolute address, and the account that knows where every byte of it went.
@NullMarked
package io.nuthatch.engine.memory;

import org.jspecify.annotations.NullMarked;
