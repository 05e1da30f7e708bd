package io.nuthatch.commands.keys;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.KeySpec;
import io.nuthatch.commands.Locking;
import io.nuthatch.commands.Placement;

/// The specs of the commands on keys and databases.
final class KeysSpecs {
    private KeysSpecs() {}

    static final CommandSpec DEL = CommandSpec.named("DEL")
            .summary("Deletes keys")
            .syntax("key [key ...]")
            .since("1.0.0")
            .group("generic")
            .complexity("O(N) for N keys")
            .arity(-2)
            .flags(CommandFlag.WRITE)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(1, -1, 1, "RM", "DELETE"))
            .tips("request_policy:multi_shard", "response_policy:agg_sum")
            .build();

    static final CommandSpec UNLINK = CommandSpec.named("UNLINK")
            .summary("Deletes keys; here the same as DEL, as records are freed at once")
            .syntax("key [key ...]")
            .since("4.0.0")
            .group("generic")
            .complexity("O(N) for N keys")
            .arity(-2)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(1, -1, 1, "RM", "DELETE"))
            .tips("request_policy:multi_shard", "response_policy:agg_sum")
            .build();

    static final CommandSpec EXISTS = CommandSpec.named("EXISTS")
            .summary("Counts how many of the given keys exist")
            .syntax("key [key ...]")
            .since("1.0.0")
            .group("generic")
            .complexity("O(N) for N keys")
            .arity(-2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(1, -1, 1, "RO", ""))
            .tips("request_policy:multi_shard", "response_policy:agg_sum")
            .build();

    static final CommandSpec TYPE = CommandSpec.named("TYPE")
            .summary("Tells what kind of value a key holds")
            .syntax("key")
            .since("1.0.0")
            .group("generic")
            .arity(2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(1, 1, 1, "RO", ""))
            .build();

    static final CommandSpec EXPIRE = CommandSpec.named("EXPIRE")
            .summary("Lets a key expire after some seconds")
            .syntax("key seconds [NX | XX | GT | LT]")
            .since("1.0.0")
            .group("generic")
            .arity(-3)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec PEXPIRE = CommandSpec.named("PEXPIRE")
            .summary("Lets a key expire after some milliseconds")
            .syntax("key milliseconds [NX | XX | GT | LT]")
            .since("2.6.0")
            .group("generic")
            .arity(-3)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec EXPIREAT = CommandSpec.named("EXPIREAT")
            .summary("Lets a key expire at a Unix time in seconds")
            .syntax("key unix-time-seconds [NX | XX | GT | LT]")
            .since("1.2.0")
            .group("generic")
            .arity(-3)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec PEXPIREAT = CommandSpec.named("PEXPIREAT")
            .summary("Lets a key expire at a Unix time in milliseconds")
            .syntax("key unix-time-milliseconds [NX | XX | GT | LT]")
            .since("2.6.0")
            .group("generic")
            .arity(-3)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec TTL = CommandSpec.named("TTL")
            .summary("Gives the seconds a key has left")
            .syntax("key")
            .since("1.0.0")
            .group("generic")
            .arity(2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.readOne(1))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec PTTL = CommandSpec.named("PTTL")
            .summary("Gives the milliseconds a key has left")
            .syntax("key")
            .since("2.6.0")
            .group("generic")
            .arity(2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.readOne(1))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec EXPIRETIME = CommandSpec.named("EXPIRETIME")
            .summary("Gives the Unix time in seconds at which a key expires")
            .syntax("key")
            .since("7.0.0")
            .group("generic")
            .arity(2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.readOne(1))
            .build();

    static final CommandSpec PEXPIRETIME = CommandSpec.named("PEXPIRETIME")
            .summary("Gives the Unix time in milliseconds at which a key expires")
            .syntax("key")
            .since("7.0.0")
            .group("generic")
            .arity(2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.readOne(1))
            .build();

    static final CommandSpec PERSIST = CommandSpec.named("PERSIST")
            .summary("Removes the expiry of a key")
            .syntax("key")
            .since("2.2.0")
            .group("generic")
            .arity(2)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec RENAME = CommandSpec.named("RENAME")
            .summary("Gives a value another key, replacing what that held")
            .syntax("key newkey")
            .since("1.0.0")
            .group("generic")
            .arity(3)
            .flags(CommandFlag.WRITE)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS DELETE"), KeySpec.overwriteOne(2))
            .build();

    static final CommandSpec RENAMENX = CommandSpec.named("RENAMENX")
            .summary("Gives a value another key, unless that exists")
            .syntax("key newkey")
            .since("1.0.0")
            .group("generic")
            .arity(3)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS DELETE"), KeySpec.range(2, 2, 1, "OW", "INSERT"))
            .build();

    static final CommandSpec COPY = CommandSpec.named("COPY")
            .summary("Copies a value to another key or database")
            .syntax("source destination [DB destination-db] [REPLACE]")
            .since("6.2.0")
            .group("generic")
            .complexity("O(1) for a string, O(N) for a hash of N fields")
            .arity(-3)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.readOne(1), KeySpec.overwriteOne(2))
            .build();

    static final CommandSpec MOVE = CommandSpec.named("MOVE")
            .summary("Moves a key to another database")
            .syntax("key db")
            .since("1.0.0")
            .group("generic")
            .arity(3)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec RANDOMKEY = CommandSpec.named("RANDOMKEY")
            .summary("Gives some key of the database")
            .since("1.0.0")
            .group("generic")
            .arity(1)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.KEYSPACE)
            .locking(Locking.WALK)
            .tips("request_policy:all_shards", "response_policy:special", "nondeterministic_output")
            .build();

    static final CommandSpec TOUCH = CommandSpec.named("TOUCH")
            .summary("Counts how many keys exist and marks them as used")
            .syntax("key [key ...]")
            .since("3.2.1")
            .group("generic")
            .complexity("O(N) for N keys")
            .arity(-2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(1, -1, 1, "RO", ""))
            .tips("request_policy:multi_shard", "response_policy:agg_sum")
            .build();

    static final CommandSpec KEYS = CommandSpec.named("KEYS")
            .summary("Gives all keys that match a pattern")
            .syntax("pattern")
            .since("1.0.0")
            .group("generic")
            .complexity("O(N) for N keys in the database")
            .arity(2)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.KEYSPACE, AclCategory.DANGEROUS)
            .locking(Locking.WALK)
            .placement(Placement.QUERY_POOL)
            .tips("request_policy:all_shards", "nondeterministic_output_order")
            .build();

    static final CommandSpec SCAN = CommandSpec.named("SCAN")
            .summary("Walks over the keys of the database, some with every call")
            .syntax("cursor [MATCH pattern] [COUNT count] [TYPE type]")
            .since("2.8.0")
            .group("generic")
            .complexity("O(1) a call, O(N) for a whole walk over N keys")
            .arity(-2)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.KEYSPACE)
            .locking(Locking.WALK)
            .tips("nondeterministic_output", "request_policy:special", "response_policy:special")
            .build();

    static final CommandSpec DUMP = CommandSpec.named("DUMP")
            .summary("Gives a value in the form in which RESTORE and Redis take it")
            .syntax("key")
            .since("2.6.0")
            .group("generic")
            .complexity("O(N) for N bytes of the value")
            .arity(2)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.readOne(1))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec RESTORE = CommandSpec.named("RESTORE")
            .summary("Creates a key from what DUMP gave, here or on Redis")
            .syntax("key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]")
            .since("2.6.0")
            .group("generic")
            .complexity("O(N) for N bytes of the value")
            .arity(-4)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM)
            .acl(AclCategory.KEYSPACE, AclCategory.DANGEROUS)
            .keys(KeySpec.overwriteOne(1))
            .build();

    static final CommandSpec OBJECT = CommandSpec.named("OBJECT")
            .summary("Looks at how a value is kept")
            .since("2.2.3")
            .group("generic")
            .arity(-2)
            .build();

    static final CommandSpec OBJECT_ENCODING = CommandSpec.named("OBJECT|ENCODING")
            .summary("Tells how a value is encoded")
            .syntax("key")
            .since("2.2.3")
            .group("generic")
            .arity(3)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(2, 2, 1, "RO", ""))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec OBJECT_FREQ = CommandSpec.named("OBJECT|FREQ")
            .summary("Gives the logarithmic counter of a key's use")
            .syntax("key")
            .since("4.0.0")
            .group("generic")
            .arity(3)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(2, 2, 1, "RO", ""))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec OBJECT_IDLETIME = CommandSpec.named("OBJECT|IDLETIME")
            .summary("Gives the seconds since a key's last use")
            .syntax("key")
            .since("2.2.3")
            .group("generic")
            .arity(3)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(2, 2, 1, "RO", ""))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec OBJECT_REFCOUNT = CommandSpec.named("OBJECT|REFCOUNT")
            .summary("Gives the number of references to a value, which is 1")
            .syntax("key")
            .since("2.2.3")
            .group("generic")
            .arity(3)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.KEYSPACE)
            .keys(KeySpec.range(2, 2, 1, "RO", ""))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec OBJECT_HELP = CommandSpec.named("OBJECT|HELP")
            .summary("Lists the subcommands of OBJECT")
            .since("6.2.0")
            .group("generic")
            .arity(2)
            .flags(CommandFlag.LOADING, CommandFlag.STALE)
            .acl(AclCategory.KEYSPACE)
            .build();

    static final CommandSpec DBSIZE = CommandSpec.named("DBSIZE")
            .summary("Counts the keys of the database")
            .since("1.0.0")
            .group("server")
            .arity(1)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE)
            .tips("request_policy:all_shards", "response_policy:agg_sum")
            .build();

    static final CommandSpec FLUSHDB = CommandSpec.named("FLUSHDB")
            .summary("Deletes all keys of the database")
            .syntax("[ASYNC | SYNC]")
            .since("1.0.0")
            .group("server")
            .complexity("O(N) for N keys in the database")
            .arity(-1)
            .flags(CommandFlag.WRITE)
            .acl(AclCategory.KEYSPACE, AclCategory.DANGEROUS)
            .locking(Locking.ALL)
            .tips("request_policy:all_shards", "response_policy:all_succeeded")
            .build();

    static final CommandSpec FLUSHALL = CommandSpec.named("FLUSHALL")
            .summary("Deletes all keys of all databases")
            .syntax("[ASYNC | SYNC]")
            .since("1.0.0")
            .group("server")
            .complexity("O(N) for N keys in all databases")
            .arity(-1)
            .flags(CommandFlag.WRITE)
            .acl(AclCategory.KEYSPACE, AclCategory.DANGEROUS)
            .locking(Locking.ALL)
            .tips("request_policy:all_shards", "response_policy:all_succeeded")
            .build();

    static final CommandSpec SWAPDB = CommandSpec.named("SWAPDB")
            .summary("Exchanges two databases for all clients")
            .syntax("index1 index2")
            .since("4.0.0")
            .group("server")
            .complexity("O(N) where N is the count of clients watching or blocking on keys from both databases.")
            .arity(3)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.KEYSPACE, AclCategory.DANGEROUS)
            .locking(Locking.ALL)
            .build();
}
