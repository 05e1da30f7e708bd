package io.nuthatch.server;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets threads whose work can wait stand back behind the event loops, where they share a core: the JVM's
/// compilers, and whoever asks for itself.
///
/// A compilation takes milliseconds, and a scheduler that treats all threads alike makes a client wait for
/// it. But code that is not compiled yet is slower by ten to a hundred times, and compilers that wait for
/// their turn while it keeps all cores busy prolong that: they stand back once they have little to do.
/// HotSpot's flags for priorities print a warning to everybody but root, and without them
/// [Thread#setPriority] does nothing; but a thread's nice value may be raised by anyone. Threads that a
/// compiler thread starts inherit it.
///
/// Linux only, elsewhere nothing is done; nor is it where the system refuses: nothing depends on it.
final class ThreadPriority {
    private static final Logger LOG = LoggerFactory.getLogger(ThreadPriority.class);
    private static final Path TASKS = Path.of("/proc/self/task");
    private static final int PRIO_PROCESS = 0; // Which on Linux means one thread.
    private static final int CALLING_THREAD = 0;
    private static final int BEHIND = 5; // A third of the weight of a thread at 0.
    private static final int LOW = 10; // A tenth.
    private static final long LOOK_MILLIS = 500;
    private static final int QUIET_LOOKS = 3; // In a row.

    private ThreadPriority() {}

    /// Waits until the compilers have been quiet for a while, and lets them stand back. Returns at once when
    /// the thread is interrupted.
    static void lowerQuietCompilers() {
        CompilationMXBean compilation = ManagementFactory.getCompilationMXBean();
        int quiet = 0;
        try {
            while (quiet < QUIET_LOOKS && compilation != null) {
                long before = compilation.getTotalCompilationTime();
                Thread.sleep(LOOK_MILLIS);
                quiet = compilation.getTotalCompilationTime() - before < LOOK_MILLIS / 10 ? quiet + 1 : 0;
            }
        } catch (InterruptedException stopped) {
            return;
        }
        lowerCompilers();
    }

    private static void lowerCompilers() {
        if (!Files.isDirectory(TASKS)) {
            return;
        }
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (Path task : tasks) {
                String name = Files.readString(task.resolve("comm"));
                if (name.startsWith("C1 Compiler") || name.startsWith("C2 Compiler")) {
                    lower(Integer.parseInt(String.valueOf(task.getFileName())), LOW);
                }
            }
        } catch (IOException gone) { // A thread that ended meanwhile.
            LOG.debug("not all compiler threads were lowered", gone);
        }
    }

    /// Lets the calling thread, a platform thread, have a tenth of what an event loop gets.
    static void lowerThis() {
        lowerThis(LOW);
    }

    /// Lets the calling thread, a platform thread, have a third of what an event loop gets: for work that
    /// clients wait for, only not in this instant.
    static void standBehind() {
        lowerThis(BEHIND);
    }

    private static void lowerThis(int nice) {
        if (Files.isDirectory(TASKS)) {
            lower(CALLING_THREAD, nice);
        }
    }

    private static void lower(int thread, int nice) {
        try {
            if ((int) SetPriority.CALL.invokeExact(PRIO_PROCESS, thread, nice) != 0) {
                LOG.debug("the system refused to lower thread {}", thread);
            }
        } catch (Throwable impossible) { // A downcall declares it and throws nothing.
            throw new AssertionError(impossible);
        }
    }

    /// int setpriority(int which, id_t who, int priority)
    private static final class SetPriority {
        static final MethodHandle CALL = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("setpriority"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT));
    }
}
