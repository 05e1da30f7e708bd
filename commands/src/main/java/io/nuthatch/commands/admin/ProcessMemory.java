package io.nuthatch.commands.admin;

import io.nuthatch.engine.memory.NativeHeap;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the process holds beside the blocks of [io.nuthatch.engine.memory.MemoryAccount], by part:
///
/// | part | what | how it is known |
/// | --- | --- | --- |
/// | `heap` | pages of the Java heap that were touched and not given back | `mincore` |
/// | `code` | machine code of the compilers | the pools' committed size |
/// | `classes` | metaspace, and what was written to of the archives of classes | pool; `smaps`, once |
/// | `buffers` | direct buffers: what connections read and write | the JDK's count |
/// | `malloc` | what else `malloc` holds: the JVM's tables, compilers' scratch, native libraries | glibc |
/// | `threads` | stacks | their number, times what one takes |
/// | `collector` | the collector's tables, over the heap's size | computed |
/// | `files` | pages of mapped files: libraries, a checkpoint that is read, Chronicle's queues | the system |
///
/// No part is computed from the resident size: that the sum agrees with it is what a test can hold. Native
/// memory tracking would know some parts better, and takes 5 to 10 % of the speed.
///
/// Threads: any. A reading takes a millisecond or two.
final class ProcessMemory {
    private static final long STACK_BYTES = 88 << 10; // Touched; much the same for all, as measured.
    private static final long COLLECTOR_BYTES = 1_500_000;
    private static final double COLLECTOR_SHARE = 1.0 / 64 + 2.0 / 512; // Mark bitmap, card and offset tables.

    private static final List<MemoryPoolMXBean> POOLS = ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.NON_HEAP)
            .filter(pool -> !pool.getName().equals("Compressed Class Space")) // Part of Metaspace already.
            .toList();
    private static final List<BufferPoolMXBean> DIRECT =
            ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                    .filter(pool -> pool.getName().equals("direct"))
                    .toList();
    private static final AddressSpace SPACE = AddressSpace.read();

    private ProcessMemory() {}

    /// Bytes by part, in the order above; where the system tells nothing, of what the JVM knows alone.
    static Map<String, Long> byPart() {
        NativeHeap.Usage malloc = NativeHeap.usage();
        ProcessInfo.Status status = ProcessInfo.status();
        long heap = heapBytes();
        long code = 0;
        long metaspace = 0;
        for (MemoryPoolMXBean pool : POOLS) {
            long committed = pool.getUsage().getCommitted();
            if (pool.getName().equals("Metaspace")) {
                metaspace = committed;
            } else {
                code += committed;
            }
        }
        long buffers =
                DIRECT.stream().mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
        Map<String, Long> parts = new LinkedHashMap<>();
        parts.put("heap", heap);
        parts.put("code", code);
        parts.put("classes", metaspace + SPACE.privateFileBytes());
        parts.put("buffers", buffers);
        parts.put("malloc", Math.max(0, malloc.heldBytes() - buffers)); // Where buffers come from, too.
        parts.put("threads", status.threads() * STACK_BYTES);
        parts.put("collector", COLLECTOR_BYTES + (long) (COLLECTOR_SHARE * heap));
        parts.put("files", status.fileBytes());
        return parts;
    }

    /// Bytes of the Java heap that are in RAM; what is committed where nobody knows.
    static long heapBytes() {
        long known = SPACE.residentHeapBytes();
        return known >= 0 ? known : Runtime.getRuntime().totalMemory();
    }
}
