/// Commands on hashes and on the expiry of their fields.
@NullMarked
package io.nuthatch.commands.hash;

import org.jspecify.annotations.NullMarked;
