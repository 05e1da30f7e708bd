package io.nuthatch.commands.admin;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// `INFO [section ...]`: the sections in the order of the list given; `default`, `all` and `everything` name
/// groups of them. Unknown sections are left out, as in Redis.
///
/// Reply: a verbatim string.
public final class InfoCommand implements Command {
    private static final CommandSpec INFO = CommandSpec.named("INFO")
            .summary("Describes the server, section by section")
            .syntax("[section [section ...]]")
            .since("1.0.0")
            .group("server")
            .arity(-1)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.DANGEROUS)
            .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
            .build();

    private final List<InfoSection> sections;

    public InfoCommand(List<InfoSection> sections) {
        this.sections = List.copyOf(sections);
    }

    @Override
    public CommandSpec spec() {
        return INFO;
    }

    @Override
    public void execute(CommandContext context, Args args, ReplyWriter reply) {
        Set<String> asked = new HashSet<>();
        for (int i = 1; i < args.count(); i++) {
            asked.add(args.text(i).toLowerCase(Locale.ROOT));
        }
        boolean wantsDefault = asked.isEmpty() || asked.contains("default");
        boolean wantsEverything = asked.contains("everything");
        boolean wantsAll = wantsEverything || asked.contains("all");
        StringBuilder text = new StringBuilder();
        for (InfoSection section : sections) {
            boolean isShown = asked.contains(section.name())
                    || (wantsDefault && section.isDefault())
                    || (wantsAll && (wantsEverything || !section.name().equals("modules")));
            if (isShown) {
                if (!text.isEmpty()) {
                    text.append("\r\n");
                }
                text.append("# ").append(section.title()).append("\r\n");
                section.body().accept(text);
            }
        }
        reply.verbatim("txt", text.toString());
    }
}
