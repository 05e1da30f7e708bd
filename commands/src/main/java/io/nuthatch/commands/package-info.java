/// What every command shares: its spec, its context, its errors, the table and the dispatcher.
@NullMarked
package io.nuthatch.commands;

import org.jspecify.annotations.NullMarked;
