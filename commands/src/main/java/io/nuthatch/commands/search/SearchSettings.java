package io.nuthatch.commands.search;

import io.nuthatch.commands.CommandException;
import io.nuthatch.commands.Glob;
import io.nuthatch.commands.Session;
import io.nuthatch.commands.Settings;
import io.nuthatch.engine.text.ByteStrings;
import io.nuthatch.engine.vector.Compression;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// The `search-*` settings, and the names that `FT.CONFIG` has for them.
///
/// Threads: any; each value is one volatile read.
final class SearchSettings {
    /// `FT.CONFIG`'s names in RediSearch's order, and the settings behind them.
    private static final Map<String, String> NAMES = names();

    private static final String NO_LIMIT = "unlimited";

    private final Settings settings;
    private final LongSupplier timeoutMillis;
    private final Supplier<String> onTimeout;
    private final LongSupplier defaultDialect;
    private final LongSupplier maxResults;
    private final Supplier<String> resp3Shape;
    private final Supplier<String> defaultCompression;
    private final BooleanSupplier shortOnEventLoop;

    SearchSettings(Settings settings) {
        this.settings = settings;
        this.timeoutMillis = settings.number("search-timeout");
        this.onTimeout = settings.text("search-on-timeout");
        this.defaultDialect = settings.number("search-default-dialect");
        this.maxResults = settings.number("search-max-search-results");
        this.resp3Shape = settings.text("search-resp3-shape");
        this.defaultCompression = settings.text("search-default-compression");
        this.shortOnEventLoop = settings.flag("search-short-on-event-loop");
    }

    private static Map<String, String> names() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("MAXSEARCHRESULTS", "search-max-search-results");
        names.put("TIMEOUT", "search-timeout");
        names.put("ON_TIMEOUT", "search-on-timeout");
        names.put("DEFAULT_DIALECT", "search-default-dialect");
        return names;
    }

    /// Longest a search may take when the request does not say; 0 for no limit.
    long timeoutMillis() {
        return timeoutMillis.getAsLong();
    }

    /// Whether a search that ran out of time is an error, and not a shorter answer.
    boolean isTimeoutAnError() {
        return onTimeout.get().equals("fail");
    }

    /// The dialect of requests that name none.
    int defaultDialect() {
        return (int) defaultDialect.getAsLong();
    }

    /// What HNSW fields of floats get that name no COMPRESSION.
    Compression defaultCompression() {
        return Compression.valueOf(defaultCompression.get().toUpperCase(Locale.ROOT));
    }

    /// Whether an event loop runs a search itself that is short.
    boolean runsShortOnEventLoop() {
        return shortOnEventLoop.getAsBoolean();
    }

    /// Most documents one FT.SEARCH may return.
    long maxResults() {
        long value = maxResults.getAsLong();
        return value < 0 ? SearchSyntax.MAX_RESULTS : value;
    }

    /// How replies to this client are laid out.
    ///
    /// valkey-glide wants arrays in RESP3 too, as valkey-search writes them; it says who it is with
    /// `CLIENT SETINFO LIB-NAME Glide…`.
    ReplyShape shape(Session session) {
        if (session.protocol() == 2) {
            return ReplyShape.ARRAY;
        }
        return switch (resp3Shape.get()) {
            case "redis" -> ReplyShape.MAP;
            case "valkey" -> ReplyShape.ARRAY;
            default -> isGlide(session) ? ReplyShape.ARRAY : ReplyShape.MAP;
        };
    }

    /// Whether the client is valkey-glide.
    static boolean isGlide(Session session) {
        return session.libraryName().regionMatches(true, 0, "glide", 0, 5);
    }

    /// Names of `FT.CONFIG` that match `pattern`, with their values.
    Map<String, String> matching(String pattern) {
        Map<String, String> found = new LinkedHashMap<>();
        Glob glob = Glob.ignoringCase(ByteStrings.bytes(pattern));
        NAMES.forEach((name, setting) -> {
            if (glob.matches(name)) {
                String value = settings.text(setting).get();
                found.put(name, name.equals("MAXSEARCHRESULTS") && value.equals("-1") ? NO_LIMIT : value);
            }
        });
        return found;
    }

    /// `FT.CONFIG SET`.
    void set(String name, String value) {
        String setting = NAMES.get(name.toUpperCase(Locale.ROOT));
        if (setting == null) {
            throw new CommandException("ERR Invalid option");
        }
        settings.set(List.of(setting), List.of(value));
    }
}
