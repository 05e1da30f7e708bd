package io.nuthatch.commands.search;

/// How FT.SEARCH and FT.INFO lay out their replies.
enum ReplyShape {
    /// Flat arrays, as RediSearch over RESP2, and as valkey-search (and so valkey-glide) in either protocol.
    ARRAY,
    /// Maps, as RediSearch over RESP3.
    MAP
}
