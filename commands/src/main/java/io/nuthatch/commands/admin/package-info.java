/// Looking at the server and steering it: INFO, COMMAND, CONFIG, MEMORY, SLOWLOG, LATENCY, MONITOR and the
/// rest.
@NullMarked
package io.nuthatch.commands.admin;

import org.jspecify.annotations.NullMarked;
