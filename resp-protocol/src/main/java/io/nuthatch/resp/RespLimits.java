package io.nuthatch.resp;

/// What a request may announce before anything is allocated for it.
///
/// @param bulkBytes longest bulk string (`proto-max-bulk-len`)
/// @param arguments most arguments of one request
/// @param inlineBytes longest inline command
/// @param requestBytes most bytes of one unfinished request (`client-query-buffer-limit`)
public record RespLimits(long bulkBytes, int arguments, int inlineBytes, long requestBytes) {
    /// Redis's limits for a connection that has not authenticated itself yet.
    public static final RespLimits UNAUTHENTICATED = new RespLimits(16_384, 10, 64 * 1024, 1 << 20);

    /// Redis's limits after authentication.
    public static final RespLimits DEFAULT = new RespLimits(512L << 20, 1024 * 1024, 64 * 1024, 1L << 30);
}
