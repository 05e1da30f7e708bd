/// Images: state of the engine as bytes that a checkpoint keeps, written and read field by field.
@NullMarked
package io.nuthatch.engine.image;

import org.jspecify.annotations.NullMarked;
