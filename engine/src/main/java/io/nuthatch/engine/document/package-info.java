/// Documents and their indexes: schemas, postings by ordinal, the planner, and the registry the commands
/// speak to.
@NullMarked
package io.nuthatch.engine.document;

import org.jspecify.annotations.NullMarked;
