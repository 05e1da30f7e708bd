package io.nuthatch.commands.admin;

import io.nuthatch.commands.Arguments;
import io.nuthatch.commands.Command;
import io.nuthatch.commands.CommandContext;
import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.CommandFamily;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.SimpleCommand;
import io.nuthatch.persistence.backup.BackupManifest;
import io.nuthatch.persistence.backup.BackupProgress;
import io.nuthatch.persistence.backup.Backups;
import io.nuthatch.resp.Args;
import io.nuthatch.resp.ReplyWriter;
import java.io.IOException;
import java.util.List;

/// `NUTHATCH.BACKUP`: a copy of the data, taken while the server goes on.
public final class BackupCommands implements CommandFamily {
    private static final long MAX_MEGABYTES = 1 << 20;

    private static final CommandSpec BACKUP = CommandSpec.named("NUTHATCH.BACKUP")
            .summary("Copies the data to another place while the server goes on")
            .since("0.1.0")
            .group("server")
            .syntax("TO folder|s3://bucket/prefix [RATE megabytes-a-second] | CANCEL")
            .arity(-2)
            .flags(CommandFlag.ADMIN, CommandFlag.NOSCRIPT)
            .details(
                    "`NUTHATCH.BACKUP TO place [RATE megabytes-a-second]` begins one in the background, and replies at once:"
                            + " the last checkpoint and the log behind it up to now, or a new checkpoint on a server without a"
                            + " log. In a folder on the file system of the data files are linked, elsewhere copied, and sent to"
                            + " a bucket (docs/BACKUP.md); then all are read again and compared. `INFO persistence` says how far it is and how it ended. The same command again goes"
                            + " on with one that was ended; a place that holds a whole backup is refused."
                            + " `NUTHATCH.BACKUP CANCEL` ends it. `bin/nuthatch-restore` brings it back, to any record in it.")
            .build();

    private final Backups backups;

    public BackupCommands(Backups backups) {
        this.backups = backups;
    }

    @Override
    public List<Command> commands() {
        return List.of(SimpleCommand.of(BACKUP, this::backup));
    }

    private void backup(CommandContext context, Args args, ReplyWriter reply) {
        if (args.is(1, "CANCEL") && args.count() == 2) {
            reply.integer(backups.cancel() ? 1 : 0);
            return;
        }
        boolean hasRate = args.count() == 5 && args.is(3, "RATE");
        if (!args.is(1, "TO") || args.count() != 3 && !hasRate) {
            throw CommandException.syntax();
        }
        long megabytes = 0;
        if (hasRate) {
            megabytes = Arguments.integer(args, 4);
            if (megabytes < 1 || megabytes > MAX_MEGABYTES) {
                throw new CommandException(
                        "ERR RATE must be between 1 and " + MAX_MEGABYTES + " megabytes a second, got " + megabytes);
            }
        }
        try {
            backups.start(args.text(2), megabytes << 20);
        } catch (IOException refused) {
            throw new CommandException("ERR " + refused.getMessage());
        }
        reply.simpleString("Background backup started");
    }

    /// The lines of `INFO persistence`.
    static void info(Backups backups, StringBuilder out) {
        BackupProgress progress = backups.progress();
        line(out, "backup_in_progress", progress == null ? "0" : "1");
        if (progress != null) {
            line(out, "backup_total_bytes", Long.toString(progress.totalBytes()));
            line(out, "backup_done_bytes", Long.toString(progress.doneBytes()));
        }
        String error = backups.lastError();
        line(out, "backup_last_status", error == null ? "ok" : "err");
        if (error != null) {
            line(out, "backup_last_error", error.replace('\r', ' ').replace('\n', ' '));
        }
        line(out, "backup_last_time_sec", Long.toString(backups.lastSeconds()));
        BackupManifest last = backups.last();
        if (last != null) {
            line(out, "backup_last_taken", Long.toString(last.takenMillis() / 1000));
            line(out, "backup_last_bytes", Long.toString(last.bytes()));
            line(out, "backup_last_first_lsn", Long.toString(last.firstLsn()));
            line(out, "backup_last_lsn", Long.toString(last.lastLsn()));
        }
    }

    private static void line(StringBuilder out, String name, String value) {
        out.append(name).append(':').append(value).append("\r\n");
    }
}
