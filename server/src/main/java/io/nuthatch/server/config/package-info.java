/// Every setting of the server in one table: its type, default and manual, and the ways to give it a value.
@NullMarked
package io.nuthatch.server.config;

import org.jspecify.annotations.NullMarked;
