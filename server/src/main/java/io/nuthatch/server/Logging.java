package io.nuthatch.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import io.nuthatch.server.config.ServerConfig;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `loglevel` and `logfile`, given to Logback without any file of its own.
final class Logging {
    private Logging() {}

    /// Starts logging as the settings say and follows `loglevel` from then on.
    static void start(ServerConfig config) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return; // Another binding of slf4j was put on the class path: it is its owner's to set up.
        }
        context.reset();
        OutputStreamAppender<ILoggingEvent> appender;
        String file = config.text("logfile").get();
        if (file.isEmpty()) {
            appender = new ConsoleAppender<>();
        } else {
            FileAppender<ILoggingEvent> toFile = new FileAppender<>();
            toFile.setFile(Path.of(config.text("dir").get()).resolve(file).toString());
            appender = toFile;
        }
        FirstLogging.attach(context, appender);
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        Runnable level = () -> root.setLevel(level(config.text("loglevel").get()));
        level.run();
        config.onChange("loglevel", level);
        // Chronicle Queue warns of its own pace and of what a crash left; the log finds that out and says it better.
        context.getLogger("net.openhft").setLevel(Level.ERROR);
    }

    private static Level level(String name) {
        return switch (name) {
            case "debug" -> Level.DEBUG;
            case "verbose", "notice" -> Level.INFO;
            case "warning" -> Level.WARN;
            default -> Level.OFF;
        };
    }
}
