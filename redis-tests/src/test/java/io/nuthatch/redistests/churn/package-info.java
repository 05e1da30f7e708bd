/// Hours of upserts, deletes and drift over sockets, watched for what grows or decays.
@NullMarked
package io.nuthatch.redistests.churn;

import org.jspecify.annotations.NullMarked;
