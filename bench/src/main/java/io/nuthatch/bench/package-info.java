/// Benchmarks: JMH for kernels, decoder and graph, and mains that compare with peers in one run.
@NullMarked
package io.nuthatch.bench;

import org.jspecify.annotations.NullMarked;
