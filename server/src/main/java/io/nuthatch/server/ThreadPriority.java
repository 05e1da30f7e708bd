package io.nuthatch.server;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets threads whose work can wait stand back behind the event loops, where they share a core: the JVM's
/// compilers, and whoever asks for itself.
///
/// A compilation takes milliseconds, and a scheduler that treats all threads alike makes a client wait for
/// it. HotSpot's flags for priorities print a warning to everybody but root, and without them
/// [Thread#setPriority] does nothing; but a thread's nice value may be raised by anyone. Threads that a
/// compiler thread starts inherit it.
///
/// Linux only, elsewhere nothing is done; nor is it where the system refuses: nothing depends on it.
final class ThreadPriority {
    private static final Logger LOG = LoggerFactory.getLogger(ThreadPriority.class);
    private static final Path TASKS = Path.of("/proc/self/task");
    private static final int PRIO_PROCESS = 0; // Which on Linux means one thread.
    private static final int CALLING_THREAD = 0;
    private static final int NICE = 10; // A tenth of the weight of a thread at 0.

    private ThreadPriority() {}

    /// Raises the nice value of every compiler thread there is.
    static void lowerCompilers() {
        if (!Files.isDirectory(TASKS)) {
            return;
        }
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (Path task : tasks) {
                String name = Files.readString(task.resolve("comm"));
                if (name.startsWith("C1 Compiler") || name.startsWith("C2 Compiler")) {
                    lower(Integer.parseInt(String.valueOf(task.getFileName())));
                }
            }
        } catch (IOException gone) { // A thread that ended meanwhile.
            LOG.debug("not all compiler threads were lowered", gone);
        }
    }

    /// Raises the calling thread's nice value; a platform thread's.
    static void lowerThis() {
        if (Files.isDirectory(TASKS)) {
            lower(CALLING_THREAD);
        }
    }

    private static void lower(int thread) {
        try {
            if ((int) SetPriority.CALL.invokeExact(PRIO_PROCESS, thread, NICE) != 0) {
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
