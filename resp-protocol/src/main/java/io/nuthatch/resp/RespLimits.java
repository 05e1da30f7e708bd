package io.nuthatch.resp;

/// What a request may announce before anything is allocated for it.
///
/// @param bulkBytes longest bulk string (`proto-max-bulk-len`)
/// @param arguments most arguments of one request
/// @param inlineBytes longest inline command, and longest line that announces a count or a length
/// @param requestBytes most bytes of one unfinished request (`client-query-buffer-limit`)
/// @param isBeforeAuth whether the client still has to authenticate itself, which the error texts then say
public record RespLimits(long bulkBytes, int arguments, int inlineBytes, long requestBytes, boolean isBeforeAuth) {
    /// Redis's limits for a connection that has not authenticated itself yet.
    public static final RespLimits UNAUTHENTICATED = new RespLimits(16_384, 10, 64 * 1024, 1 << 20, true);

    /// Redis's limits after authentication.
    public static final RespLimits DEFAULT = new RespLimits(512L << 20, 1024 * 1024, 64 * 1024, 1L << 30, false);

    /// A request is framed in one buffer, whose places are `int`s.
    public static final long MAX_REQUEST_BYTES = Integer.MAX_VALUE - 4096;

    public RespLimits {
        if (bulkBytes < 1 || arguments < 1 || inlineBytes < 1 || requestBytes < 1) {
            throw new IllegalArgumentException("a limit below 1");
        }
        bulkBytes = Math.min(bulkBytes, MAX_REQUEST_BYTES);
        requestBytes = Math.min(requestBytes, MAX_REQUEST_BYTES);
    }
}
