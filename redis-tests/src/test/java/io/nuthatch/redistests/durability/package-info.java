/// What is on disk after the server has ended, in order or not.
@NullMarked
package io.nuthatch.redistests.durability;

import org.jspecify.annotations.NullMarked;
