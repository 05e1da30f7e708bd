package io.nuthatch.commands.keys;

/// Whether the server removes what has expired although nobody asks for it; `DEBUG SET-ACTIVE-EXPIRE`
/// switches it.
///
/// While it is off, keys and fields still expire when a command comes upon them. Any thread.
public final class ActiveExpiry {
    private volatile boolean isEnabled = true;

    public boolean isEnabled() {
        return isEnabled;
    }

    public void setEnabled(boolean value) {
        isEnabled = value;
    }
}
