/// Tests without a server.
@NullMarked
package io.nuthatch.commands.pubsub;

import org.jspecify.annotations.NullMarked;
