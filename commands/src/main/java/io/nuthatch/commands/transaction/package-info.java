/// Transactions: MULTI to EXEC, and the keys that WATCH guards until then.
@NullMarked
package io.nuthatch.commands.transaction;

import org.jspecify.annotations.NullMarked;
