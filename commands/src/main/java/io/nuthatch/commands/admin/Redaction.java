package io.nuthatch.commands.admin;

import io.nuthatch.commands.CommandSpec;
import io.nuthatch.resp.Args;
import java.util.BitSet;

/// Which arguments of a call are secrets, which `SLOWLOG` and `MONITOR` show as `(redacted)`.
final class Redaction {
    static final String SHOWN = "(redacted)";

    private Redaction() {}

    /// Indexes of the arguments that must not be shown.
    static BitSet of(CommandSpec spec, Args args) {
        BitSet secrets = new BitSet();
        switch (spec.name()) {
            case "AUTH" -> secrets.set(1, args.count());
            case "HELLO" -> {
                for (int i = 2; i + 2 < args.count(); i++) {
                    if (args.is(i, "AUTH")) {
                        secrets.set(i + 1, i + 3);
                    }
                }
            }
            case "CONFIG|SET" -> {
                for (int i = 2; i + 1 < args.count(); i += 2) {
                    if (args.is(i, "REQUIREPASS")) {
                        secrets.set(i + 1);
                    }
                }
            }
            default -> {} // Nothing secret.
        }
        return secrets;
    }
}
