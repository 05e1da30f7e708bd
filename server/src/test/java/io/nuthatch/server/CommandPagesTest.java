package io.nuthatch.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.CommandEntry;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.KeySpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Each command's page in `docs/commands` is what its spec says; `-Dnuthatch.docs.write=true` writes them.
class CommandPagesTest {
    private static final Path FOLDER = Path.of("../docs/commands");

    @Test
    void everyCommandHasItsPageAndNoPageIsStale() throws Exception {
        Map<String, String> pages = pages();
        assertThat(pages).hasSizeGreaterThan(50);
        if (Boolean.getBoolean("nuthatch.docs.write")) {
            write(pages);
        }
        assertThat(onDisk())
                .as("stale: run this test with -Dnuthatch.docs.write=true")
                .isEqualTo(pages);
    }

    private static Map<String, String> pages() throws Exception {
        SystemClock clock = new SystemClock();
        try (NuthatchServer server =
                NuthatchServer.start(ServerOptions.defaults().withPort(0), clock, clock)) {
            Map<String, String> pages = new TreeMap<>();
            Map<String, Map<String, CommandSpec>> groups = new TreeMap<>();
            List<CommandSpec> specs = server.dispatcher().table().entries().stream()
                    .map(CommandEntry::spec)
                    .toList();
            for (CommandSpec spec : specs) {
                pages.put(file(spec), page(spec, specs));
                groups.computeIfAbsent(spec.group(), group -> new TreeMap<>()).put(spec.name(), spec);
            }
            pages.put("README.md", contents(groups));
            return pages;
        }
    }

    private static String file(CommandSpec spec) {
        return spec.wireName().replace('|', '-') + ".md";
    }

    private static String title(CommandSpec spec) {
        return spec.name().replace('|', ' ');
    }

    private static String page(CommandSpec spec, List<CommandSpec> all) {
        StringBuilder page = new StringBuilder("<!-- Generated from the command's spec; see CommandPagesTest. -->\n");
        page.append("# ").append(title(spec)).append("\n\n");
        page.append("    ").append(title(spec));
        if (!spec.syntax().isEmpty()) {
            page.append(' ').append(spec.syntax());
        }
        page.append("\n\n").append(spec.summary().strip());
        page.append(spec.summary().strip().endsWith(".") ? "\n" : ".\n");
        if (!spec.details().isBlank()) {
            page.append('\n').append(spec.details().strip()).append('\n');
        }
        page.append("\n| | |\n|---|---|\n");
        row(page, "Group", spec.group());
        row(page, "Since (Redis or module)", spec.since());
        row(page, "Complexity", spec.complexity());
        row(page, "Arguments, with the name", spec.arity() > 0 ? "" + spec.arity() : -spec.arity() + " or more");
        row(page, "Flags", sorted(spec.flags().stream().map(CommandFlag::name)));
        row(page, "ACL categories", sorted(spec.categories().stream().map(AclCategory::name)));
        row(page, "Keys", spec.keys().stream().map(CommandPagesTest::keys).collect(Collectors.joining("; ")));
        List<CommandSpec> children = all.stream()
                .filter(other -> other.name().startsWith(spec.name() + "|"))
                .toList();
        if (!children.isEmpty()) {
            page.append("\n## Subcommands\n\n");
            children.forEach(child -> page.append(link(child)));
        }
        return page.toString();
    }

    private static void row(StringBuilder page, String name, String value) {
        if (!value.isBlank()) {
            page.append("| ")
                    .append(name)
                    .append(" | ")
                    .append(value.replace("|", "\\|"))
                    .append(" |\n");
        }
    }

    private static String sorted(Stream<String> names) {
        return names.map(name -> name.toLowerCase(Locale.ROOT)).sorted().collect(Collectors.joining(", "));
    }

    private static String keys(KeySpec keys) {
        String where;
        if (keys.isCounted()) {
            where = "as many as argument " + keys.first() + " says, behind it";
        } else if (keys.first() == keys.last()) {
            where = "argument " + keys.first();
        } else {
            where = "arguments " + keys.first() + " to "
                    + (keys.last() == -1 ? "the last" : keys.last() < 0 ? keys.last() + " from the end" : keys.last())
                    + (keys.step() == 1 ? "" : ", every " + keys.step());
        }
        return where + " (" + keys.access() + (keys.intent().isEmpty() ? "" : ", " + keys.intent()) + ")";
    }

    private static String link(CommandSpec spec) {
        return "- [" + title(spec) + "](" + file(spec) + "): " + spec.summary().strip() + "\n";
    }

    private static String contents(Map<String, Map<String, CommandSpec>> groups) {
        StringBuilder page =
                new StringBuilder("<!-- Generated from the commands' specs; see CommandPagesTest. -->\n# Commands\n");
        groups.forEach((group, specs) -> {
            page.append("\n## ").append(group).append("\n\n");
            specs.values().forEach(spec -> page.append(link(spec)));
        });
        return page.toString();
    }

    private static Map<String, String> onDisk() throws IOException {
        Map<String, String> pages = new TreeMap<>();
        if (Files.isDirectory(FOLDER)) {
            try (Stream<Path> files = Files.list(FOLDER)) {
                for (Path file : files.toList()) {
                    pages.put(file.getFileName().toString(), Files.readString(file));
                }
            }
        }
        return pages;
    }

    private static void write(Map<String, String> pages) throws IOException {
        Files.createDirectories(FOLDER);
        for (String name : onDisk().keySet()) {
            if (!pages.containsKey(name)) {
                Files.delete(FOLDER.resolve(name));
            }
        }
        for (Map.Entry<String, String> page : pages.entrySet()) {
            Files.writeString(FOLDER.resolve(page.getKey()), page.getValue());
        }
    }
}
