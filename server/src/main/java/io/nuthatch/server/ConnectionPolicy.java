package io.nuthatch.server;

import io.nuthatch.resp.RespLimits;

/// The settings of connections, which may change while the server runs. Any thread.
public final class ConnectionPolicy {
    /// `client-output-buffer-limit` of one class of clients.
    ///
    /// @param hardBytes closes the client at once; 0 for none
    /// @param softBytes closes it when exceeded for `softSeconds`; 0 for none
    public record OutputLimit(long hardBytes, long softBytes, int softSeconds) {}

    private volatile int maxClients = 10_000;
    private volatile int timeoutSeconds;
    private volatile int keepAliveSeconds = 300;
    private volatile boolean isProtected = true;
    private volatile RespLimits limits = RespLimits.DEFAULT;
    private volatile OutputLimit normal = new OutputLimit(0, 0, 0);
    private volatile OutputLimit pubSub = new OutputLimit(32L << 20, 8L << 20, 60);

    /// `maxclients`.
    public int maxClients() {
        return maxClients;
    }

    public void setMaxClients(int value) {
        maxClients = value;
    }

    /// `timeout`: seconds after which an idle client is closed; 0 for never.
    public int timeoutSeconds() {
        return timeoutSeconds;
    }

    public void setTimeoutSeconds(int value) {
        timeoutSeconds = value;
    }

    /// `tcp-keepalive`, for connections to come; 0 for none.
    public int keepAliveSeconds() {
        return keepAliveSeconds;
    }

    public void setKeepAliveSeconds(int value) {
        keepAliveSeconds = value;
    }

    /// `protected-mode`.
    public boolean isProtected() {
        return isProtected;
    }

    public void setProtected(boolean value) {
        isProtected = value;
    }

    /// What authenticated clients may send.
    public RespLimits limits() {
        return limits;
    }

    /// `proto-max-bulk-len`.
    public void setMaxBulkBytes(long bytes) {
        RespLimits now = limits;
        limits = new RespLimits(bytes, now.arguments(), now.inlineBytes(), now.requestBytes(), false);
    }

    /// `client-query-buffer-limit`.
    public void setMaxRequestBytes(long bytes) {
        RespLimits now = limits;
        limits = new RespLimits(now.bulkBytes(), now.arguments(), now.inlineBytes(), bytes, false);
    }

    /// `client-output-buffer-limit normal`.
    public OutputLimit normal() {
        return normal;
    }

    public void setNormal(OutputLimit value) {
        normal = value;
    }

    /// `client-output-buffer-limit pubsub`.
    public OutputLimit pubSub() {
        return pubSub;
    }

    public void setPubSub(OutputLimit value) {
        pubSub = value;
    }
}
