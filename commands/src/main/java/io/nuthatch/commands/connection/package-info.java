/// The connection itself: greeting, authentication, database, and CLIENT's view of all connections.
@NullMarked
package io.nuthatch.commands.connection;

import org.jspecify.annotations.NullMarked;
