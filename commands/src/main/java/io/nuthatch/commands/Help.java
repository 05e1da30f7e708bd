package io.nuthatch.commands;

import io.nuthatch.resp.ReplyWriter;

/// The answer of a container's `HELP`.
public final class Help {
    private Help() {}

    /// Writes Redis's frame around `lines`, which name a subcommand and, indented by four, say what it does.
    public static void write(ReplyWriter reply, String container, String... lines) {
        reply.array(lines.length + 3);
        reply.simpleString(container + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        for (String line : lines) {
            reply.simpleString(line);
        }
        reply.simpleString("HELP");
        reply.simpleString("    Print this help.");
    }
}
