/// `bin/nuthatch-import`: files into a running server.
@NullMarked
package io.nuthatch.tools.importer;

import org.jspecify.annotations.NullMarked;
