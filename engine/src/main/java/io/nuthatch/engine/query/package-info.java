/// The query language: from the bytes of a query to a tree of records, and back to the text of FT.EXPLAIN.
@NullMarked
package io.nuthatch.engine.query;

import org.jspecify.annotations.NullMarked;
