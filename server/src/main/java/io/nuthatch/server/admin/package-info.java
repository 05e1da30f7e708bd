/// The admin port: meters for Prometheus and the two questions an orchestrator asks.
@NullMarked
package io.nuthatch.server.admin;

import org.jspecify.annotations.NullMarked;
