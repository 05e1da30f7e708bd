/// Commands about keys whatever they hold: deletion, expiry, renaming, iteration, serialization, and whole
/// databases.
@NullMarked
package io.nuthatch.commands.keys;

import org.jspecify.annotations.NullMarked;
