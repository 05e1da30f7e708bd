package io.nuthatch.commands;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// `CLIENT PAUSE`: commands that wait until the pause is over.
///
/// A connection asks [#holds] before each command; one that is held stops reading, leaves a [#onResume]
/// action and asks again when it is called. Any thread.
public final class ClientPause {
    /// What is paused.
    public enum Mode {
        NONE,
        WRITE,
        ALL
    }

    private record State(Mode mode, long untilMillis) {}

    private static final State NONE = new State(Mode.NONE, 0);

    private volatile State state = NONE;
    private final Queue<Runnable> waiters = new ConcurrentLinkedQueue<>();

    /// Pauses until `untilMillis`; a pause in force only grows, in scope and in time.
    public synchronized void pause(Mode mode, long untilMillis, long nowMillis) {
        State now = current(nowMillis);
        Mode wider = now.mode.compareTo(mode) >= 0 ? now.mode : mode;
        state = new State(wider, Math.max(now.untilMillis, untilMillis));
    }

    /// Ends the pause.
    public void unpause() {
        synchronized (this) {
            state = NONE;
        }
        resumeAll();
    }

    /// The mode in force.
    public Mode mode(long nowMillis) {
        return current(nowMillis).mode;
    }

    /// Unix milliseconds at which the pause in force ends; 0 when there is none.
    public long untilMillis(long nowMillis) {
        return current(nowMillis).untilMillis;
    }

    /// Whether anything may be paused; the cheap question before [#holds].
    public boolean isActive() {
        return state != NONE;
    }

    /// Whether this command of this client has to wait.
    public boolean holds(CommandEntry entry, Session session, long nowMillis) {
        return switch (current(nowMillis).mode) {
            case NONE -> false;
            case ALL -> true; // CLIENT UNPAUSE too, as in Redis.
            case WRITE -> mayWrite(entry, session);
        };
    }

    /// Runs `action` once, soon after the pause is over. Asked again, as another pause may have begun.
    public void onResume(Runnable action) {
        waiters.add(action);
        if (!isActive()) {
            resumeAll();
        }
    }

    /// Clients that wait for the pause to end.
    public int waiting() {
        return waiters.size();
    }

    /// Ends a pause whose time is over; called by the server's clock tick.
    public void tick(long nowMillis) {
        State now = state;
        if (now != NONE && nowMillis >= now.untilMillis) {
            synchronized (this) {
                if (state != now) {
                    return;
                }
                state = NONE;
            }
            resumeAll();
        }
    }

    private State current(long nowMillis) {
        State now = state;
        return nowMillis >= now.untilMillis ? NONE : now;
    }

    private void resumeAll() {
        for (int n = waiters.size(); n > 0; n--) {
            Runnable waiter = waiters.poll();
            if (waiter == null) {
                return;
            }
            waiter.run();
        }
    }

    private static boolean mayWrite(CommandEntry entry, Session session) {
        return session.executesAny(entry, ClientPause::mayReplicate);
    }

    private static boolean mayReplicate(CommandEntry entry) {
        return entry.is(CommandFlag.WRITE) || entry.spec().name().equals("PUBLISH");
    }
}
