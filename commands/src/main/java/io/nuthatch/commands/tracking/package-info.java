/// CLIENT TRACKING: which client may hold which key in its cache, and telling it when the key changes.
@NullMarked
package io.nuthatch.commands.tracking;

import org.jspecify.annotations.NullMarked;
