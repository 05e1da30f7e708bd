/// Hash slots, topology, failover and the shipping of journal records; see the module's README.
@NullMarked
package io.nuthatch.cluster;

import org.jspecify.annotations.NullMarked;
