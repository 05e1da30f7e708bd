/// Parts of Redis's RDB format that payloads of `DUMP` and whole files share.
@NullMarked
package io.nuthatch.resp.rdb;

import org.jspecify.annotations.NullMarked;
