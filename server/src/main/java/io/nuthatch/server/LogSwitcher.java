package io.nuthatch.server;

import io.nuthatch.commands.LogSwitch;
import io.nuthatch.commands.ServerState;
import io.nuthatch.persistence.checkpoint.CheckpointAbortedException;
import io.nuthatch.persistence.checkpoint.Saves;
import io.nuthatch.server.config.ServerConfig;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `CONFIG SET appendonly yes` and `no`, on a thread of its own: brings about what the setting says, and
/// tells the clients that wait for it.
///
/// On: changes are recorded behind whatever log the folder holds, a checkpoint is written, and with it whole
/// the log promises. When that fails the setting is what it was, and so is what a start finds. Off: between
/// two checkpoints the log is closed in order. docs/DURABILITY.md argues why each crash is survived.
final class LogSwitcher {
    private static final Logger LOG = LoggerFactory.getLogger(LogSwitcher.class);
    private static final int TRIES = 5; // A flush gives up a checkpoint; the next one has less to write.
    private static final long POLL_MILLIS = 20;
    private static final String STOPPING = "the server stops";

    private final ServerConfig config;
    private final ServerState state;
    private final AppendOnly log;
    private final Snapshots snapshots;
    private @Nullable Thread thread; // Guarded by this; null while nothing is to be done.
    private volatile boolean isClosing;

    LogSwitcher(ServerConfig config, ServerState state, AppendOnly log, Snapshots snapshots) {
        this.config = config;
        this.state = state;
        this.log = log;
        this.snapshots = snapshots;
        config.onApply(List.of("appendonly"), changed -> change());
    }

    private synchronized @Nullable String change() {
        if (isClosing || state.durability().loading() != null) {
            return "the data is being loaded or the server stops";
        }
        if (log.isWanted() && !snapshots.hasFolder()) {
            return "this server was started without a folder and keeps its data in memory alone";
        }
        if (thread == null) {
            LogSwitch begun = new LogSwitch();
            state.durability().setLogSwitch(begun);
            thread = Thread.ofPlatform().name("log-switch").daemon().start(() -> run(begun));
        }
        return null;
    }

    private void run(LogSwitch begun) {
        ThreadPriority.lowerThis();
        String failure = null;
        while (true) {
            boolean isWanted = log.isWanted();
            if (isWanted != log.isOn() && !isClosing) {
                failure = isWanted ? turnOn() : turnOff();
            }
            if (failure != null) {
                config.correct("appendonly", log.isOn() ? "yes" : "no");
            }
            synchronized (this) {
                if (isClosing || log.isWanted() == log.isOn()) { // Else it was changed again meanwhile.
                    thread = null;
                    break;
                }
            }
        }
        begun.end(failure);
    }

    private @Nullable String turnOn() {
        Saves saves = snapshots.saves();
        try {
            saves.between(() -> {
                checkOpen();
                log.beginRecording(snapshots);
            });
            writeCheckpoint(saves);
            log.promise();
            LOG.info("appendonly: every change is logged from now on");
            return null;
        } catch (IOException | RuntimeException failure) {
            LOG.error("appendonly was not turned on", failure);
            takeBack(saves);
            return String.valueOf(failure.getMessage());
        } catch (InterruptedException stop) {
            return STOPPING;
        }
    }

    private void checkOpen() throws IOException {
        if (isClosing) {
            throw new IOException(STOPPING);
        }
    }

    private void writeCheckpoint(Saves saves) throws IOException, InterruptedException {
        for (int tries = 1; ; tries++) {
            try {
                while (!saves.saveNow()) {
                    checkOpen();
                    Thread.sleep(POLL_MILLIS);
                }
                return;
            } catch (CheckpointAbortedException flushed) {
                if (tries == TRIES || isClosing) {
                    throw flushed;
                }
            }
        }
    }

    /// At the end of the server the files stay as they are: the next start decides, when it knows the last
    /// checkpoint.
    private void takeBack(Saves saves) {
        if (isClosing) {
            return;
        }
        try {
            saves.between(() -> log.takeBack(snapshots));
        } catch (IOException failure) {
            LOG.warn("what was logged meanwhile is thrown away by the next start: {}", failure.getMessage());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable String turnOff() {
        try {
            snapshots.saves().between(log::stopRecording);
            LOG.warn("appendonly: changes are not logged any more; a later start reads the log up to here, or refuses"
                    + " when a checkpoint that is newer stands beside it");
        } catch (IOException failure) {
            LOG.error("the log was not closed in order: {}", failure.getMessage());
        } catch (InterruptedException stop) {
            return STOPPING;
        }
        return null;
    }

    /// Ends what is under way. The caller gives up checkpoints and closes the log behind it.
    void stop() {
        Thread running;
        synchronized (this) {
            isClosing = true;
            running = thread;
        }
        try {
            while (running != null && running.isAlive()) {
                snapshots.saves().giveUp(STOPPING);
                running.join(POLL_MILLIS);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
