/// Channels, patterns and shard channels, who listens to them, and keyspace notifications as their publisher.
@NullMarked
package io.nuthatch.commands.pubsub;

import org.jspecify.annotations.NullMarked;
