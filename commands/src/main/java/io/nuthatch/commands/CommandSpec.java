package io.nuthatch.commands;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What is known of a command before it is called: arity check, ACL, locking, routing by hash slot,
/// `COMMAND`, `COMMAND DOCS` and the manual page all read this.
///
/// @param name upper case; a subcommand is `CONFIG|GET`
/// @param summary one line for the manual
/// @param syntax the arguments after the name in Redis's notation: `key value [NX | XX] [EX seconds | PX
/// millis]`
/// @param since the Redis (or module) version that introduced it
/// @param group Redis's group: `string`, `hash`, `generic`, `connection`, `server`, `pubsub`, `transactions`,
/// `search`
/// @param complexity as `O(1)`
/// @param arity exact count of arguments with the name, or minus the least count; a subcommand counts its
/// container
public record CommandSpec(
        String name,
        String summary,
        String syntax,
        String since,
        String group,
        String complexity,
        int arity,
        Set<CommandFlag> flags,
        Set<AclCategory> categories,
        List<KeySpec> keys,
        Locking locking,
        Placement placement,
        List<String> tips,
        String details) {
    public CommandSpec {
        if (name.isEmpty() || !name.equals(name.toUpperCase(Locale.ROOT))) {
            throw new IllegalArgumentException("command name must be upper case: " + name);
        }
        if (arity == 0) {
            throw new IllegalArgumentException(name + ": arity 0");
        }
        flags = Set.copyOf(flags);
        categories = Set.copyOf(categories);
        keys = List.copyOf(keys);
        tips = List.copyOf(tips);
    }

    /// Begins a spec.
    public static Builder named(String name) {
        return new Builder(name);
    }

    /// Whether the command is a subcommand.
    public boolean isSubcommand() {
        return name.indexOf('|') >= 0;
    }

    /// The name as error texts and `COMMAND` print it: `config|get`.
    public String wireName() {
        return name.toLowerCase(Locale.ROOT);
    }

    /// Whether `count` arguments, the name included, are acceptable.
    public boolean accepts(int count) {
        return arity > 0 ? count == arity : count >= -arity;
    }

    /// Whether the flag is set.
    public boolean is(CommandFlag flag) {
        return flags.contains(flag);
    }

    /// Collects a spec; `summary`, `group` and `arity` are required.
    public static final class Builder {
        private final String name;
        private @Nullable String summary;
        private String syntax = "";
        private String since = "1.0.0";
        private @Nullable String group;
        private String complexity = "O(1)";
        private int arity;
        private final Set<CommandFlag> flags = EnumSet.noneOf(CommandFlag.class);
        private final Set<AclCategory> categories = EnumSet.noneOf(AclCategory.class);
        private List<KeySpec> keys = List.of();
        private @Nullable Locking locking;
        private Placement placement = Placement.EVENT_LOOP;
        private List<String> tips = List.of();
        private String details = "";

        private Builder(String name) {
            this.name = name;
        }

        public Builder summary(String value) {
            this.summary = value;
            return this;
        }

        public Builder syntax(String value) {
            this.syntax = value;
            return this;
        }

        public Builder since(String value) {
            this.since = value;
            return this;
        }

        public Builder group(String value) {
            this.group = value;
            return this;
        }

        public Builder complexity(String value) {
            this.complexity = value;
            return this;
        }

        public Builder arity(int value) {
            this.arity = value;
            return this;
        }

        public Builder flags(CommandFlag... values) {
            flags.addAll(List.of(values));
            return this;
        }

        public Builder acl(AclCategory... values) {
            categories.addAll(List.of(values));
            return this;
        }

        public Builder keys(KeySpec... values) {
            this.keys = List.of(values);
            return this;
        }

        /// Defaults to [Locking#KEYS] when there are keys, else to [Locking#NONE].
        public Builder locking(Locking value) {
            this.locking = value;
            return this;
        }

        public Builder placement(Placement value) {
            this.placement = value;
            return this;
        }

        /// Hints for clients and proxies, as `nondeterministic_output`.
        public Builder tips(String... values) {
            this.tips = List.of(values);
            return this;
        }

        /// Further paragraphs for the manual page, Markdown.
        public Builder details(String value) {
            this.details = value;
            return this;
        }

        public CommandSpec build() {
            if (summary == null || group == null) {
                throw new IllegalStateException(name + ": summary and group are required");
            }
            if (flags.contains(CommandFlag.WRITE)) {
                categories.add(AclCategory.WRITE);
            }
            if (flags.contains(CommandFlag.READONLY)) {
                categories.add(AclCategory.READ);
            }
            if (flags.contains(CommandFlag.ADMIN)) {
                categories.add(AclCategory.ADMIN);
                categories.add(AclCategory.DANGEROUS);
            }
            if (flags.contains(CommandFlag.PUBSUB)) {
                categories.add(AclCategory.PUBSUB);
            }
            if (flags.contains(CommandFlag.BLOCKING)) {
                categories.add(AclCategory.BLOCKING);
            }
            categories.add(flags.contains(CommandFlag.FAST) ? AclCategory.FAST : AclCategory.SLOW);
            Locking effective = locking != null ? locking : keys.isEmpty() ? Locking.NONE : Locking.KEYS;
            return new CommandSpec(
                    name,
                    summary,
                    syntax,
                    since,
                    group,
                    complexity,
                    arity,
                    flags,
                    categories,
                    keys,
                    effective,
                    placement,
                    tips,
                    details);
        }
    }
}
