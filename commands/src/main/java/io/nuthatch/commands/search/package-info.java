/// The `FT.*` commands: their syntax as pure parsers into records, and their replies in both protocols.
@NullMarked
package io.nuthatch.commands.search;

import org.jspecify.annotations.NullMarked;
