/// Tests of the `FT.*` commands without a server: tables of requests, and replies as recorded from Redis.
@NullMarked
package io.nuthatch.commands.search;

import org.jspecify.annotations.NullMarked;
