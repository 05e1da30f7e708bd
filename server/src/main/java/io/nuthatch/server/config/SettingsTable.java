package io.nuthatch.server.config;

import io.nuthatch.server.config.SettingType.Choice;
import io.nuthatch.server.config.SettingType.Events;
import io.nuthatch.server.config.SettingType.Flag;
import io.nuthatch.server.config.SettingType.Folder;
import io.nuthatch.server.config.SettingType.Int;
import io.nuthatch.server.config.SettingType.Only;
import io.nuthatch.server.config.SettingType.OutputLimits;
import io.nuthatch.server.config.SettingType.Percentiles;
import io.nuthatch.server.config.SettingType.SavePoints;
import io.nuthatch.server.config.SettingType.Size;
import io.nuthatch.server.config.SettingType.Text;
import io.nuthatch.server.config.SettingType.Words;
import java.util.ArrayList;
import java.util.List;

/// Every setting, in the order of the manual. What is not here is unknown to the server and refused.
final class SettingsTable {
    private static final String NETWORK = "Network";
    private static final String CLIENTS = "Clients and their limits";
    private static final String SECURITY = "Security";
    private static final String GENERAL = "General";
    private static final String MEMORY = "Memory";
    private static final String KEYS = "Keys";
    private static final String WATCHING = "Watching the server";
    private static final String SEARCH = "Search";
    private static final String DURABILITY = "Durability";

    private static final long INT_MAX = Integer.MAX_VALUE;
    private static final long LONG_MAX = Long.MAX_VALUE;
    private static final long MB = 1L << 20;

    private final List<Setting> settings = new ArrayList<>();
    private String chapter = NETWORK;

    private SettingsTable() {}

    /// The table, built once per server.
    static List<Setting> all() {
        SettingsTable table = new SettingsTable();
        table.network();
        table.clients();
        table.security();
        table.general();
        table.memory();
        table.keys();
        table.watching();
        table.search();
        table.durability();
        return List.copyOf(table.settings);
    }

    private void network() {
        chapter = NETWORK;
        live("bind", new Words(1, 16), List.of("127.0.0.1", "-::1"), """
            Addresses to listen on, up to 16. An address with a minus before it may be missing on this machine;
            any other that cannot be bound stops the start. "*" is every IPv4 address, "::*" every IPv6 one.
            The default is reachable from this machine alone; read protected-mode before you change it.\
            """);
        live("port", new Int(0, 65535), "6379", """
            TCP port for clients; 0 takes any free one, which the ready line names.\
            """);
        fixed("tcp-backlog", new Int(1, INT_MAX), "511", """
            Connections that may wait to be accepted. The kernel cuts it to its own limit (somaxconn).\
            """);
        live("tcp-keepalive", new Int(0, INT_MAX), "300", """
            Seconds of silence after which the kernel asks whether a client is still there; 0 never asks.
            Holds for connections made afterwards.\
            """);
        fixed("transport", new Choice(List.of("auto", "epoll", "io_uring", "nio")), "auto", """
            How sockets are read and written. "auto" is epoll on Linux and nio elsewhere. io_uring was measured
            within 5 % of epoll and is denied in many containers. A kind that is not available gives way to the
            next that is, with a line in the log.\
            """);
        fixed("io-threads", new Int(0, 128), "0", """
            Event loops. Each reads its connections, executes their commands and writes the replies, so this is
            the number of cores that commands can use. 0 is half the machine's cores, from 1 to 4.\
            """);
        fixed("warm-up", new Flag(), "yes", """
            Whether to play usual commands to a scratch server in this process, behind the start and with low
            priority, for some two seconds: the JIT then has compiled them when clients come. The scratch server
            listens on a free port of the loopback interface, with a random password.\
            """);
    }

    private void clients() {
        chapter = CLIENTS;
        live("maxclients", new Int(1, INT_MAX), "10000", """
            Most clients at a time; one more is told so and closed.\
            """);
        live("timeout", new Int(0, INT_MAX), "0", """
            Seconds after which an idle client is closed; 0 is never. Subscribers are never idle.\
            """);
        live("proto-max-bulk-len", new Size(MB, LONG_MAX), "512mb", """
            Longest single argument of a command.\
            """);
        live("client-query-buffer-limit", new Size(MB, LONG_MAX), "1gb", """
            Most bytes of one unfinished request; beyond it the client is closed. Bodies end at 2 GB anyhow.\
            """);
        add(new Setting(
                "client-output-buffer-limit",
                "",
                new OutputLimits(),
                List.of("normal", "0", "0", "0", "replica", "256mb", "64mb", "60", "pubsub", "32mb", "8mb", "60"),
                true,
                chapter,
                """
                Replies that a client does not read: class, hard limit, soft limit, seconds. Past the hard limit,
                or past the soft one for so many seconds, the client is closed; 0 is no limit. The classes are
                normal, replica and pubsub. A normal client that does not read is no longer read from, which
                bounds its memory without a limit; pubsub messages come whether a client reads or not.\
                """));
    }

    private void security() {
        chapter = SECURITY;
        live("protected-mode", new Flag(), "yes", """
            While there is no password, answer connections from this machine alone and tell the others why.\
            """);
        live("requirepass", new Text(), "", """
            Password of the user "default"; clients give it with AUTH or HELLO. Empty is none. Choose a long one:
            a client can try very many a second.\
            """);
        fixed("enable-debug-command", new Choice(List.of("no", "local", "yes")), "no", """
            Who may call DEBUG: nobody, connections from this machine, or all.\
            """);
    }

    private void general() {
        chapter = GENERAL;
        fixed("databases", new Int(1, 1024), "16", """
            Number of databases, from 0 on, that SELECT knows. Indexes look at database 0 alone.\
            """);
        live("loglevel", new Choice(List.of("debug", "verbose", "notice", "warning", "nothing")), "notice", """
            What is worth a line in the log; verbose says no more than notice.\
            """);
        fixed("logfile", new Text(), "", """
            File to append the log to, relative to dir; empty writes to the standard output.\
            """);
        fixed("pidfile", new Text(), "", """
            File that holds the process id while the server runs, relative to dir; empty writes none.\
            """);
        fixed("dir", new Folder(), ".", """
            The working folder: logfile and pidfile start here unless they are absolute.\
            """);
        live("hz", new Int(1, 500), "10", """
            How many times a second expired keys are looked for.\
            """);
        fixed("admin-port", new Int(0, 65535), "0", """
            HTTP port for /metrics (Prometheus), /healthz (the process lives) and /readyz (it takes commands);
            0 opens none.\
            """);
        fixed("admin-bind", new Words(1, 1), List.of("127.0.0.1"), """
            Address of the admin port. It knows no passwords: open it to your monitoring alone.\
            """);
    }

    private void memory() {
        chapter = MEMORY;
        live("maxmemory", new Size(0, LONG_MAX), "0", """
            Memory of the whole process: data and indexes, the Java heap, code, buffers, some 150 MB before the first
            key. 0 is no limit. At the limit maxmemory-policy decides. bin/nuthatch-server limits the heap to a
            quarter of it.\
            """);
        live(
                "maxmemory-policy",
                new Choice(List.of(
                        "volatile-lru",
                        "volatile-lfu",
                        "volatile-random",
                        "volatile-ttl",
                        "allkeys-lru",
                        "allkeys-lfu",
                        "allkeys-random",
                        "noeviction")),
                "noeviction",
                """
                What gives way at maxmemory. noeviction answers commands that would need memory with an OOM error.
                The others take the best of maxmemory-samples keys, of those that expire (volatile) or of all
                (allkeys): the least recently used (lru), the least often used (lfu), any (random), or the one that
                expires soonest (ttl).\
                """);
        live("maxmemory-samples", new Int(1, 64), "16", """
            Keys looked at to evict one: more is nearer to true LRU or LFU and slower. Redis keeps the best of
            earlier looks and so does with 5.\
            """);
        live("lfu-log-factor", new Int(0, INT_MAX), "10", """
            How slowly the counter of uses rises: 10 reaches its top of 255 at some million uses.\
            """);
        live("lfu-decay-time", new Int(0, INT_MAX), "1", """
            Minutes after which an unused key's counter falls by one; 0 never lets it fall.\
            """);
    }

    private void keys() {
        chapter = KEYS;
        add(new Setting(
                "hash-max-listpack-entries",
                "hash-max-ziplist-entries",
                new Int(0, LONG_MAX),
                List.of("512"),
                true,
                chapter,
                """
                Fields up to which OBJECT ENCODING calls a hash a listpack.\
                """));
        add(new Setting(
                "hash-max-listpack-value",
                "hash-max-ziplist-value",
                new Int(0, LONG_MAX),
                List.of("64"),
                true,
                chapter,
                """
                Bytes of its longest field or value up to which OBJECT ENCODING calls a hash a listpack.\
                """));
        add(new Setting(
                "sanitize-dump-payload",
                "",
                new Only("yes", "every payload is checked in full, and there is no faster way to read one"),
                List.of("yes"),
                true,
                chapter,
                """
                Whether RESTORE checks a payload in full before it takes it. It always does, so only "yes" is taken.\
                """));
        live("active-expire-effort", new Int(1, 10), "1", """
            How hard the search for expired keys works: 10 keeps fewer of them in memory and uses more CPU. A key
            is never returned after its time, however many wait.\
            """);
        live("notify-keyspace-events", new Events(), "", """
            Events published to clients, as letters; empty is none. K publishes by key
            (__keyspace@<db>__:<key>), E by event (__keyevent@<db>__:<event>); then the classes: g generic
            commands, $ strings, h hashes, x expired, e evicted, m key misses, n new keys; A is all of
            g$lshzxetd (classes of types that this server does not have yet stay silent).\
            """);
        live("tracking-table-max-keys", new Int(0, LONG_MAX), "1000000", """
            Keys remembered for CLIENT TRACKING; beyond it, clients are told to forget some. 0 is no limit.\
            """);
    }

    private void watching() {
        chapter = WATCHING;
        live("slowlog-log-slower-than", new Int(-1, LONG_MAX), "10000", """
            Microseconds from which a command enters the slow log; 0 takes all, -1 none.\
            """);
        live("slowlog-max-len", new Int(0, LONG_MAX), "128", """
            Entries that the slow log keeps.\
            """);
        live("latency-monitor-threshold", new Int(0, LONG_MAX), "0", """
            Milliseconds from which LATENCY remembers an event; 0 remembers none.\
            """);
        live("latency-tracking", new Flag(), "yes", """
            Keep a latency histogram for each command: LATENCY HISTOGRAM, INFO latencystats, /metrics.\
            """);
        live("latency-tracking-info-percentiles", new Percentiles(), List.of("50", "99", "99.9"), """
            Percentiles that INFO latencystats prints.\
            """);
    }

    private void search() {
        chapter = SEARCH;
        fixed("query-threads", new Int(0, 1024), "0", """
            Threads that run searches and other long commands; 0 is one for each core.\
            """);
        fixed("query-queue", new Int(1, 1_000_000), "1024", """
            Long commands that may wait for these threads. When it is full, connections that ask for more are
            not read from until there is room.\
            """);
        fixed("index-threads", new Int(0, 1024), "0", """
            Threads that put new vectors into the graphs; 0 is one for each of the machine's cores. They stand
            behind the threads that serve clients (nice 5). A vector is found before it is in its graph. While
            too many wait, commands that bring more of them to the same index wait, too.\
            """);
        live("search-timeout", new Int(0, INT_MAX), "10000", """
            Milliseconds that one search may take when it has no TIMEOUT; 0 is no limit.\
            """);
        live("search-on-timeout", new Choice(List.of("fail", "return")), "fail", """
            What a search that ran out of time answers: an error, or what it had found by then. Redis's default is
            "return", where in RESP2 nothing says that the answer is cut short.\
            """);
        live("search-default-dialect", new Int(1, 4), "2", """
            Dialect of queries that name none. Redis's is 1.\
            """);
        live("search-default-compression", new Choice(List.of("NONE", "SQ8", "SQ4")), "NONE", """
            What walks of HNSW fields of floats go by that name no COMPRESSION: the vectors themselves (NONE), or codes
            of 8 or 4 bits a component. An answer's distances are exact in any case.\
            """);
        live("search-use-codes", new Flag(), "yes", """
            Search by the codes of fields that have a COMPRESSION. Without, searches compare the vectors themselves, as
            in a field of none, and the codes are kept up for later.\
            """);
        live("search-query-cache", new Flag(), "yes", """
            Keep parsed queries, and the documents that their filters matched until the index changes. INFO search
            counts what that saves.\
            """);
        live("search-short-on-event-loop", new Flag(), "yes", """
            Run a search that took less than 60 us of late where its request was read, when it is the only one in its
            connection's pipeline. Without, every search goes to the query pool and back, which costs 5 to 9 us.\
            """);
        fixed("simd", new Flag(), "yes", """
            Compute distances with vector instructions. Without them they are the same up to rounding, and a search
            takes several times as long.\
            """);
        fixed("native-kernel", new Flag(), "yes", """
            Search graphs by compact codes (COMPRESSION) in C, where the build found a C compiler; INFO search has what runs
            as search_kernel. Without it the same is done in Java, with the same answers, at about half the speed.\
            """);
        fixed("huge-pages", new Flag(), "yes", """
            Ask the system for huge pages for vectors, graphs and tables: fewer TLB misses. A system whose
            transparent_hugepage is "never" does not grant them.\
            """);
        fixed("paired-walks", new Flag(), "yes", """
            Look behind two nodes at a time when Java searches a graph, and begin to read both lists first. Without,
            a search compares about one vector in a hundred fewer, and takes a tenth to a third longer.\
            """);
        fixed("short-build-walks", new Flag(), "yes", """
            Link a new vector when the links of 7 of 10 of its EF_CONSTRUCTION nearest were looked at: the same recall
            for a number of distances, within a hundredth, and a faster build. Not for IP, whose walks stay whole.\
            """);
        live("search-recall-every", new Int(0, INT_MAX), "100", """
            One of so many KNN searches of an HNSW field is run again exactly, in idle time and with low priority:
            FT.INFO, INFO search and /metrics say what recall searches reach. 0 measures nothing; then RECALL in
            queries and indexes goes by a cautious guess.\
            """);
        live("search-max-search-results", new Int(-1, 1_000_000), "1000000", """
            Most documents one search may return; -1 is 1000000 too.\
            """);
        live("search-resp3-shape", new Choice(List.of("auto", "redis", "valkey")), "auto", """
            How FT.SEARCH and FT.INFO answer over RESP3: with maps as Redis does, or with arrays as Valkey does.
            "auto" gives arrays to clients that call themselves Glide (CLIENT SETINFO), maps to all others.\
            """);
    }

    private void durability() {
        chapter = DURABILITY;
        live("save", new SavePoints(), List.of("3600 1 300 10000"), """
            When a checkpoint is written by itself: pairs of seconds and changes, "3600 1" being an hour after the
            last one if anything changed. Several lines add up; "" is never. With points, the end of the server by
            SHUTDOWN or SIGTERM writes one too. A checkpoint is written whole while the server goes on, without a
            fork: a point of a few seconds costs disk writes, not memory.\
            """);
        live("stop-writes-on-bgsave-error", new Flag(), "yes", """
            Whether writes are refused with MISCONF while save has points and the last checkpoint failed. They are
            taken again once one succeeds; it is tried anew every five seconds.\
            """);
        fixed("checkpoint-dirname", new Text(), "checkpoints", """
            Folder of the checkpoints, in dir; made with the first one. One server at a time may use it.\
            """);
        live("appendonly", new Flag(), "no", """
            Whether every change is written to a log, which a start reads back. Turned on while the server runs,
            the answer comes when a checkpoint is written, and from then on nothing that was answered is lost;
            CONFIG REWRITE has the next start read it, too.\
            """);
        fixed("appenddirname", new Text(), "appendonlydir", """
            Folder of the log, in dir. One server at a time may use it.\
            """);
        fixed("aof-engine", new Choice(List.of("segmented", "chronicle")), "segmented", """
            What writes the log: "segmented" is the server's own files; "chronicle" is Chronicle Queue, which is
            slower and whose files other Java programs can follow. Both hold the same records and survive the
            same faults. A log of one is not read by the other.\
            """);
        live("appendfsync", new Choice(List.of("always", "everysec", "no")), "everysec", """
            When the log is safe. "always": a reply goes out when what it tells of would survive a loss of power;
            one sync serves all clients that wait. "everysec": the log is written within about 10 ms and synced
            once a second. "no": written the same, synced when the system likes.\
            """);
        live("auto-aof-rewrite-percentage", new Int(0, INT_MAX), "100", """
            By how many percent checkpoint and log together may grow, from what they had after the last checkpoint,
            until the next one is written by itself, which cuts the log. 100: the log grows as large as the
            checkpoint. More writes less to the disk and takes more of it. 0 is never.\
            """);
        live("auto-aof-rewrite-min-size", new Size(0, LONG_MAX), "64mb", """
            Below this, checkpoint and log may grow as they like.\
            """);
        live("backup-s3-endpoint", new Text(), "", """
            Where NUTHATCH.BACKUP TO s3://bucket/prefix goes, as https://host:port, for a storage that speaks S3; ""
            is Amazon's. Credentials are no settings: the extension takes them from AWS_ACCESS_KEY_ID and
            AWS_SECRET_ACCESS_KEY in the environment, ~/.aws/credentials, or the machine's or container's role.\
            """);
        live("backup-s3-region", new Text(), "", """
            Region of the bucket. "": as AWS_REGION, ~/.aws/config or the machine says, and us-east-1 where
            backup-s3-endpoint is set.\
            """);
        live("backup-s3-path-style", new Choice(List.of("auto", "yes", "no")), "auto", """
            Whether the bucket stands in the path of an address in place of its host name. "auto": where
            backup-s3-endpoint is set.\
            """);
    }

    private void live(String name, SettingType type, String initial, String manual) {
        live(name, type, List.of(initial), manual);
    }

    private void live(String name, SettingType type, List<String> initial, String manual) {
        add(new Setting(name, "", type, initial, true, chapter, manual));
    }

    private void fixed(String name, SettingType type, String initial, String manual) {
        fixed(name, type, List.of(initial), manual);
    }

    private void fixed(String name, SettingType type, List<String> initial, String manual) {
        add(new Setting(name, "", type, initial, false, chapter, manual));
    }

    private void add(Setting setting) {
        settings.add(setting);
    }
}
