package io.nuthatch.commands.admin;

import io.nuthatch.commands.CommandTable;
import io.nuthatch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;

/// The Redis modules whose commands are built in, as clients ask for them before they use FT.* and the like.
/// A module is listed only when its commands are in the table.
public final class Modules {
    private record Module(String name, int version) {}

    private final List<Module> modules = new ArrayList<>();

    private Modules() {}

    /// The modules that the commands of `table` make up.
    public static Modules of(CommandTable table) {
        Modules found = new Modules();
        if (table.byName("FT.SEARCH") != null && table.byName("FT.CREATE") != null) {
            found.modules.add(new Module("search", 80_200));
        }
        return found;
    }

    /// `HELLO`'s and `MODULE LIST`'s list.
    public void write(ReplyWriter reply) {
        reply.array(modules.size());
        for (Module module : modules) {
            reply.map(4);
            reply.bulk("name");
            reply.bulk(module.name);
            reply.bulk("ver");
            reply.integer(module.version);
            reply.bulk("path");
            reply.bulk("");
            reply.bulk("args");
            reply.array(0);
        }
    }

    /// The lines of `INFO modules`.
    public String info() {
        StringBuilder lines = new StringBuilder();
        for (Module module : modules) {
            lines.append("module:name=")
                    .append(module.name)
                    .append(",ver=")
                    .append(module.version)
                    .append(",api=1,filters=0,usedby=[],using=[],options=[]\r\n");
        }
        return lines.toString();
    }
}
