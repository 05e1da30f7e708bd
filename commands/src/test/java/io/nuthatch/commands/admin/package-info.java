/// Tests without a server.
@NullMarked
package io.nuthatch.commands.admin;

import org.jspecify.annotations.NullMarked;
