package io.nuthatch.commands.connection;

import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.ServerState;
import io.nuthatch.commands.Session;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/// Checks who a client says it is. There is one user, `default`, whose password is `requirepass`.
final class Authentication {
    private final ServerState state;

    Authentication(ServerState state) {
        this.state = state;
    }

    /// Authenticates the session, or throws `WRONGPASS`.
    void authenticate(Session session, String user, byte[] password) {
        String expected = state.password();
        // As long for a wrong password as for the right one.
        boolean matches =
                expected == null || MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), password);
        if (!user.equals("default") || !matches) {
            state.stats().aclDeniedAuth.increment();
            throw new CommandException("WRONGPASS invalid username-password pair or user is disabled.");
        }
        session.setUser("default");
    }

    boolean needsPassword() {
        return state.password() != null;
    }
}
