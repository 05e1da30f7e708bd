/// Commands on string values.
@NullMarked
package io.nuthatch.commands.string;

import org.jspecify.annotations.NullMarked;
