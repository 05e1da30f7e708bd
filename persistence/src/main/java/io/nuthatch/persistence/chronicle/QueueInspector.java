package io.nuthatch.persistence.chronicle;

import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.persistence.wal.LogInspection;
import io.nuthatch.persistence.wal.LogInspection.Damage;
import io.nuthatch.persistence.wal.LogInspection.Segment;
import io.nuthatch.persistence.wal.LogInspection.Stretch;
import io.nuthatch.persistence.wal.LogInspection.Torn;
import io.nuthatch.persistence.wal.SegmentFormat;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Collects what the queues of a log hold.
///
/// Damage is what a start refuses, at the same file and byte, so Chronicle is asked first, as a start does.
/// Where it gives up, the records are looked for without it: damage to what Chronicle keeps beside them
/// costs none of them.
final class QueueInspector {
    private final int blockBytes;
    private final MemoryAccount.Counter counter;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Stretch> stretches = new ArrayList<>();
    private final List<Damage> damages = new ArrayList<>();
    private @Nullable Torn torn;

    private QueueInspector(int blockBytes, MemoryAccount.Counter counter) {
        this.blockBytes = blockBytes;
        this.counter = counter;
    }

    static LogInspection inspect(List<QueueFolder> queues, int blockBytes, MemoryAccount.Counter counter)
            throws IOException {
        QueueInspector inspector = new QueueInspector(blockBytes, counter);
        for (int i = 0; i < queues.size(); i++) {
            inspector.inspect(queues.get(i), i + 1 < queues.size() ? queues.get(i + 1) : null);
        }
        return new LogInspection(
                List.copyOf(inspector.segments),
                List.copyOf(inspector.stretches),
                List.copyOf(inspector.damages),
                inspector.torn);
    }

    private void inspect(QueueFolder queue, @Nullable QueueFolder successor) throws IOException {
        long bytes = queue.bytes();
        long end;
        long missing;
        boolean hasHeader;
        try (Closeable padding = Padding.of(queue, blockBytes);
                QueueScan scan = new QueueScan(queue, blockBytes, counter)) {
            if (scan.otherVersion() > 0) {
                throw SegmentFormat.refused(queue.name(), scan.otherVersion());
            }
            hasHeader = scan.hasHeader();
            while (scan.next() != 0) {
                // As far as a start comes.
            }
            end = scan.position();
            missing = scan.nextLsn();
        }
        segments.add(new Segment(queue.name(), bytes, queue.firstLsn(), hasHeader));
        Damage damage =
                successor == null ? damageAtEnd(queue, end, missing) : damageBefore(successor, queue, end, missing);
        try (CycleScan scan = new CycleScan(queue, counter)) {
            if (damage == null) {
                takeStretch(queue, scan, missing);
                return;
            }
            damages.add(damage);
            takeStretch(queue, scan, Long.MAX_VALUE);
            long expected = scan.nextLsn();
            long offset = scan.position();
            while (scan.skipDamage()) {
                if (offset > damage.offset()) {
                    damages.add(new Damage(queue.name(), offset, expected, notWhole(expected)));
                }
                takeStretch(queue, scan, Long.MAX_VALUE);
                expected = scan.nextLsn();
                offset = scan.position();
            }
        }
    }

    private static @Nullable Damage damageBefore(QueueFolder successor, QueueFolder queue, long end, long missing) {
        return missing == successor.firstLsn() ? null : new Damage(queue.name(), end, missing, notWhole(missing));
    }

    private @Nullable Damage damageAtEnd(QueueFolder queue, long end, long missing) throws IOException {
        if (!Files.exists(queue.cycleFile())) {
            return null;
        }
        DamageCheck.Rest rest = DamageCheck.look(queue, end, missing);
        if (rest.isProof()) {
            return new Damage(queue.name(), rest.position(), missing, notWhole(missing));
        }
        if (rest.tornBytes() > 0 && missing > queue.firstLsn()) {
            torn = new Torn(queue.name(), rest.position(), rest.tornBytes());
        }
        return null;
    }

    private static String notWhole(long lsn) {
        return "record " + lsn + " had been synced and is not whole any more";
    }

    /// The good records from where the scan stands, up to the one in front of `end`.
    private void takeStretch(QueueFolder queue, CycleScan scan, long end) {
        long offset = scan.position();
        long firstLsn = scan.nextLsn();
        long firstSeconds = 0;
        long lastSeconds = 0;
        while (scan.nextLsn() < end) {
            long record = scan.next();
            if (record == 0) {
                break;
            }
            lastSeconds = SegmentFormat.seconds(record);
            firstSeconds = firstSeconds == 0 ? lastSeconds : firstSeconds;
        }
        if (scan.nextLsn() > firstLsn) {
            stretches.add(new Stretch(
                    queue.name(), offset, scan.position(), firstLsn, scan.nextLsn() - 1, firstSeconds, lastSeconds));
        }
    }
}
