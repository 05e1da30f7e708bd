package io.nuthatch.commands.admin;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.Help;
import io.nuthatch.commands.KeySpec;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `MEMORY` and its subcommands.
public final class MemoryCommands implements CommandFamily {
    private static final long SMALL_BYTES = 64L << 20;

    private static final CommandSpec MEMORY = CommandSpec.named("MEMORY")
            .summary("Container of the commands about memory")
            .since("4.0.0")
            .group("server")
            .complexity("Depends on subcommand")
            .arity(-2)
            .build();

    private static final CommandSpec MEMORY_DOCTOR = CommandSpec.named("MEMORY|DOCTOR")
            .summary("Reports what is odd about the memory")
            .since("4.0.0")
            .group("server")
            .arity(2)
            .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
            .build();

    private static final CommandSpec MEMORY_HELP = CommandSpec.named("MEMORY|HELP")
            .summary("Lists the subcommands")
            .since("4.0.0")
            .group("server")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .build();

    private static final CommandSpec MEMORY_PURGE = CommandSpec.named("MEMORY|PURGE")
            .summary("Asks for memory that is not needed to be given back")
            .since("4.0.0")
            .group("server")
            .complexity("Depends on how much memory is allocated, could be slow")
            .arity(2)
            .tips("request_policy:all_shards", "response_policy:all_succeeded")
            .build();

    private static final CommandSpec MEMORY_STATS = CommandSpec.named("MEMORY|STATS")
            .summary("Gives the account of memory")
            .since("4.0.0")
            .group("server")
            .arity(2)
            .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
            .build();

    private static final CommandSpec MEMORY_USAGE = CommandSpec.named("MEMORY|USAGE")
            .summary("Estimates the bytes of a key with its value")
            .syntax("key [SAMPLES count]")
            .since("4.0.0")
            .group("server")
            .complexity("O(N) where N is the number of samples")
            .arity(-3)
            .flags(CommandFlag.READONLY)
            .keys(KeySpec.range(2, 2, 1, "RO", ""))
            .build();

    private final MemoryInfo memory;
    private final SpareMemory spare;
    private final Keyspace keyspace;

    public MemoryCommands(MemoryInfo memory, SpareMemory spare, Keyspace keyspace) {
        this.memory = memory;
        this.spare = spare;
        this.keyspace = keyspace;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                SimpleCommand.container(MEMORY),
                SimpleCommand.of(MEMORY_USAGE, MemoryCommands::usage),
                SimpleCommand.of(MEMORY_STATS, (context, args, reply) -> stats(reply)),
                SimpleCommand.of(MEMORY_DOCTOR, (context, args, reply) -> reply.verbatim("txt", doctor())),
                SimpleCommand.of(MEMORY_PURGE, (context, args, reply) -> {
                    spare.purge();
                    reply.ok();
                }),
                SimpleCommand.of(
                        MEMORY_HELP,
                        (context, args, reply) -> Help.write(
                                reply,
                                "MEMORY",
                                "DOCTOR",
                                "    Report what is odd about the memory.",
                                "PURGE",
                                "    Give back memory that is not needed.",
                                "STATS",
                                "    Return the account of memory.",
                                "USAGE <key> [SAMPLES <count>]",
                                "    Return the bytes of <key> with its value. Every field is counted whatever <count>"
                                        + " says.")));
    }

    private static void usage(CommandContext context, Args args, ReplyWriter reply) {
        for (int i = 3; i < args.count(); i++) {
            if (!args.is(i, "SAMPLES") || i + 1 == args.count() || Arguments.integer(args, i + 1) < 0) {
                throw CommandException.syntax();
            }
            i++;
        }
        long bytes = context.database().memoryUsage(context.key(args, 2), context.nowMillis());
        if (bytes == 0) {
            reply.nullValue();
        } else {
            reply.integer(bytes);
        }
    }

    private void stats(ReplyWriter reply) {
        long keys = 0;
        for (int i = 0; i < keyspace.databases(); i++) {
            keys += keyspace.database(i).size();
        }
        Map<String, Long> process = memory.processParts();
        long dataset = memory.offHeapBytes();
        long used = dataset + MemoryInfo.sum(process);
        long resident = ProcessInfo.residentBytes();
        Map<String, Object> stats = new LinkedHashMap<>();
        stats.put("peak.allocated", memory.peakBytes(used));
        stats.put("total.allocated", used);
        stats.put("startup.allocated", memory.startupBytes());
        stats.put("heap.used", HeapInfo.usedBytes());
        stats.put("heap.committed", Runtime.getRuntime().totalMemory());
        stats.put("off-heap.total", dataset);
        memory.account().byPart().forEach((part, bytes) -> stats.put("off-heap." + part.replace(' ', '-'), bytes));
        process.forEach((part, bytes) -> stats.put("process." + part, bytes));
        stats.put("overhead.total", used - dataset);
        stats.put("keys.count", keys);
        stats.put("keys.bytes-per-key", keys == 0 ? 0L : dataset / keys);
        stats.put("dataset.bytes", dataset);
        stats.put("dataset.percentage", used == 0 ? 0.0 : 100.0 * dataset / used);
        stats.put("peak.percentage", 100.0 * used / memory.peakBytes(used));
        stats.put("fragmentation", used == 0 ? 0.0 : (double) resident / used);
        stats.put("fragmentation.bytes", resident - used);
        reply.map(stats.size());
        stats.forEach((name, value) -> {
            reply.bulk(name);
            if (value instanceof Double real) {
                reply.doubleValue(real);
            } else {
                reply.integer((Long) value);
            }
        });
    }

    private String doctor() {
        long used = memory.usedBytes();
        if (memory.offHeapBytes() < SMALL_BYTES) {
            return "The data is small; there is nothing to diagnose yet.\n";
        }
        StringBuilder text = new StringBuilder();
        if (memory.peakBytes(used) > used + used / 2) {
            text.append("- The peak was more than 1.5 times what is used now: pages that were touched then may still be"
                    + " held. MEMORY PURGE gives back what is free.\n");
        }
        if (keyspace.reservedBytes() > 2 * Math.max(1, keyspace.usedBytes())) {
            text.append("- More than half of the keyspace's slabs is free: they fill again as keys are written.\n");
        }
        long resident = ProcessInfo.residentBytes();
        if (resident > 2 * used) {
            text.append("- The process holds more than twice what is used; which no part of INFO memory explains."
                    + " MEMORY PURGE gives back what is free.\n");
        }
        return text.isEmpty() ? "No memory problem was found.\n" : text.toString();
    }
}
