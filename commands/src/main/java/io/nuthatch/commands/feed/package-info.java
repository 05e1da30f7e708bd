/// The change feed: what the log takes, sent to clients that ask for it.
@NullMarked
package io.nuthatch.commands.feed;

import org.jspecify.annotations.NullMarked;
