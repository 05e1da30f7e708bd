/// Starts the server: its configuration, its sockets, its meters, and who is handed to whom.
@NullMarked
package io.nuthatch.server;

import org.jspecify.annotations.NullMarked;
