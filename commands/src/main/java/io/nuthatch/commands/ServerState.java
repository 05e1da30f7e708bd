package io.nuthatch.commands;

import io.nuthatch.engine.EpochClock;
import io.nuthatch.engine.NanoClock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// What the server is beside its data: clocks, clients, counters, the pause, the password. Any thread.
public final class ServerState {
    /// Stops the server.
    @FunctionalInterface
    public interface Shutdown {
        /// Asks for an orderly stop, soon, from another thread; returns at once.
        void request();
    }

    private final EpochClock clock;
    private final NanoClock nanoClock;
    private final long startMillis;
    private final Clients clients = new Clients();
    private final ClientPause pause = new ClientPause();
    private final ServerStats stats = new ServerStats();
    private final Durability durability = new Durability();
    private final AtomicReference<@Nullable Shutdown> shutdown = new AtomicReference<>();
    private final List<Runnable> ticks = new CopyOnWriteArrayList<>();
    private volatile @Nullable String password;
    private volatile int port;
    private volatile boolean isCronPaused;
    private volatile boolean isStopping;

    public ServerState(EpochClock clock, NanoClock nanoClock) {
        this.clock = clock;
        this.nanoClock = nanoClock;
        this.startMillis = clock.nowMillis();
    }

    public EpochClock clock() {
        return clock;
    }

    public NanoClock nanoClock() {
        return nanoClock;
    }

    /// Unix milliseconds of the start.
    public long startMillis() {
        return startMillis;
    }

    public Clients clients() {
        return clients;
    }

    public ClientPause pause() {
        return pause;
    }

    public ServerStats stats() {
        return stats;
    }

    /// The data on disk.
    public Durability durability() {
        return durability;
    }

    /// `requirepass`, or null when clients need no password.
    public @Nullable String password() {
        return password;
    }

    /// Sets the password that new connections have to give; empty or null for none.
    public void setPassword(@Nullable String value) {
        password = value == null || value.isEmpty() ? null : value;
    }

    /// The port clients connect to.
    public int port() {
        return port;
    }

    public void setPort(int value) {
        port = value;
    }

    /// Runs `action` ten times a second on a thread of the server's own; it must not block.
    public void onTick(Runnable action) {
        ticks.add(action);
    }

    /// Whether what the server does on its own, ticks and active expiry, is at rest (`DEBUG PAUSE-CRON`).
    public boolean isCronPaused() {
        return isCronPaused;
    }

    public void setCronPaused(boolean value) {
        isCronPaused = value;
    }

    /// Runs the tick actions; called by the server. A `CLIENT PAUSE` ends at its time even while they rest.
    public void tick() {
        pause.tick(clock.nowMillis());
        if (isCronPaused) {
            return;
        }
        for (Runnable action : ticks) {
            action.run();
        }
    }

    /// No command is executed from now on: the data was saved, and what came later would be lost. Called
    /// under all stripes.
    public void stopExecuting() {
        isStopping = true;
    }

    /// Whether [#stopExecuting] was called; to be asked under the command's locks.
    public boolean isStopping() {
        return isStopping;
    }

    /// How the server is stopped; set by the server.
    public void setShutdown(Shutdown value) {
        shutdown.set(value);
    }

    /// Asks the server to stop.
    public void requestShutdown() {
        Shutdown action = shutdown.get();
        if (action != null) {
            action.request();
        }
    }
}
