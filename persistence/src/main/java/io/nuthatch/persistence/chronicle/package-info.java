/// The other log: the records of [io.nuthatch.persistence.wal] in files of Chronicle Queue.
@NullMarked
package io.nuthatch.persistence.chronicle;

import org.jspecify.annotations.NullMarked;
