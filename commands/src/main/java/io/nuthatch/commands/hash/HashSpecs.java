package io.nuthatch.commands.hash;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.KeySpec;

/// The specs of the commands on hashes.
final class HashSpecs {
    private HashSpecs() {}

    static final CommandSpec HSET = CommandSpec.named("HSET")
            .summary("Sets fields of a hash")
            .syntax("key field value [field value ...]")
            .since("2.0.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-4)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec HMSET = CommandSpec.named("HMSET")
            .summary("Sets fields of a hash; the old form of HSET")
            .syntax("key field value [field value ...]")
            .since("2.0.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-4)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec HGET = CommandSpec.named("HGET")
            .summary("Gives the value of a field")
            .syntax("key field")
            .since("2.0.0")
            .group("hash")
            .arity(3)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .build();

    static final CommandSpec HMGET = CommandSpec.named("HMGET")
            .summary("Gives the values of several fields")
            .syntax("key field [field ...]")
            .since("2.0.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-3)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .build();

    static final CommandSpec HGETALL = CommandSpec.named("HGETALL")
            .summary("Gives all fields of a hash with their values")
            .syntax("key")
            .since("2.0.0")
            .group("hash")
            .complexity("O(N) for N fields in the hash")
            .arity(2)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .tips("nondeterministic_output_order")
            .build();

    static final CommandSpec HDEL = CommandSpec.named("HDEL")
            .summary("Deletes fields, and the hash with its last one")
            .syntax("key field [field ...]")
            .since("2.0.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-3)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.range(1, 1, 1, "RW", "DELETE"))
            .build();

    static final CommandSpec HEXISTS = CommandSpec.named("HEXISTS")
            .summary("Tells whether a hash has a field")
            .syntax("key field")
            .since("2.0.0")
            .group("hash")
            .arity(3)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.range(1, 1, 1, "RO", ""))
            .build();

    static final CommandSpec HLEN = CommandSpec.named("HLEN")
            .summary("Counts the fields of a hash")
            .syntax("key")
            .since("2.0.0")
            .group("hash")
            .arity(2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.range(1, 1, 1, "RO", ""))
            .build();

    static final CommandSpec HKEYS = CommandSpec.named("HKEYS")
            .summary("Gives the names of all fields")
            .syntax("key")
            .since("2.0.0")
            .group("hash")
            .complexity("O(N) for N fields in the hash")
            .arity(2)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .tips("nondeterministic_output_order")
            .build();

    static final CommandSpec HVALS = CommandSpec.named("HVALS")
            .summary("Gives the values of all fields")
            .syntax("key")
            .since("2.0.0")
            .group("hash")
            .complexity("O(N) for N fields in the hash")
            .arity(2)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .tips("nondeterministic_output_order")
            .build();

    static final CommandSpec HINCRBY = CommandSpec.named("HINCRBY")
            .summary("Adds to the integer in a field; a missing field counts as 0")
            .syntax("key field increment")
            .since("2.0.0")
            .group("hash")
            .arity(4)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec HINCRBYFLOAT = CommandSpec.named("HINCRBYFLOAT")
            .summary("Adds to the decimal number in a field; a missing field counts as 0")
            .syntax("key field increment")
            .since("2.6.0")
            .group("hash")
            .arity(4)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec HSETNX = CommandSpec.named("HSETNX")
            .summary("Sets a field only when the hash does not have it")
            .syntax("key field value")
            .since("2.0.0")
            .group("hash")
            .arity(4)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.range(1, 1, 1, "RW", "INSERT"))
            .build();

    static final CommandSpec HSCAN = CommandSpec.named("HSCAN")
            .summary("Walks over the fields of a hash, some with every call")
            .syntax("key cursor [MATCH pattern] [COUNT count] [NOVALUES]")
            .since("2.8.0")
            .group("hash")
            .complexity("O(1) a call, O(N) for a whole walk over N fields")
            .arity(-3)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec HRANDFIELD = CommandSpec.named("HRANDFIELD")
            .summary("Gives fields picked at random")
            .syntax("key [count [WITHVALUES]]")
            .since("6.2.0")
            .group("hash")
            .complexity("O(N) for N fields given")
            .arity(-2)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec HSTRLEN = CommandSpec.named("HSTRLEN")
            .summary("Counts the bytes of a field's value")
            .syntax("key field")
            .since("3.2.0")
            .group("hash")
            .arity(3)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.range(1, 1, 1, "RO", ""))
            .build();

    static final CommandSpec HEXPIRE = CommandSpec.named("HEXPIRE")
            .summary("Lets fields expire after some seconds")
            .syntax("key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]")
            .since("7.4.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-6)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec HPEXPIRE = CommandSpec.named("HPEXPIRE")
            .summary("Lets fields expire after some milliseconds")
            .syntax("key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]")
            .since("7.4.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-6)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec HEXPIREAT = CommandSpec.named("HEXPIREAT")
            .summary("Lets fields expire at a Unix time in seconds")
            .syntax("key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]")
            .since("7.4.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-6)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec HPEXPIREAT = CommandSpec.named("HPEXPIREAT")
            .summary("Lets fields expire at a Unix time in milliseconds")
            .syntax("key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]")
            .since("7.4.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-6)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec HTTL = CommandSpec.named("HTTL")
            .summary("Gives the seconds that fields have left")
            .syntax("key FIELDS numfields field [field ...]")
            .since("7.4.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-5)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec HPTTL = CommandSpec.named("HPTTL")
            .summary("Gives the milliseconds that fields have left")
            .syntax("key FIELDS numfields field [field ...]")
            .since("7.4.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-5)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .tips("nondeterministic_output")
            .build();

    static final CommandSpec HEXPIRETIME = CommandSpec.named("HEXPIRETIME")
            .summary("Gives the Unix times in seconds at which fields expire")
            .syntax("key FIELDS numfields field [field ...]")
            .since("7.4.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-5)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .build();

    static final CommandSpec HPEXPIRETIME = CommandSpec.named("HPEXPIRETIME")
            .summary("Gives the Unix times in milliseconds at which fields expire")
            .syntax("key FIELDS numfields field [field ...]")
            .since("7.4.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-5)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.readOne(1))
            .build();

    static final CommandSpec HPERSIST = CommandSpec.named("HPERSIST")
            .summary("Removes the expiry of fields")
            .syntax("key FIELDS numfields field [field ...]")
            .since("7.4.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-5)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec HGETDEL = CommandSpec.named("HGETDEL")
            .summary("Gives fields and deletes them")
            .syntax("key FIELDS numfields field [field ...]")
            .since("8.0.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-5)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS DELETE"))
            .build();

    static final CommandSpec HGETEX = CommandSpec.named("HGETEX")
            .summary("Gives fields and sets or removes their expiry")
            .syntax("key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds |"
                    + " PERSIST] FIELDS numfields field [field ...]")
            .since("8.0.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-5)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec HSETEX = CommandSpec.named("HSETEX")
            .summary("Sets fields together with their expiry")
            .syntax("key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT"
                    + " unix-time-milliseconds | KEEPTTL] FIELDS numfields field value [field value ...]")
            .since("8.0.0")
            .group("hash")
            .complexity("O(N) for N fields")
            .arity(-6)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.HASH)
            .keys(KeySpec.updateOne(1))
            .build();
}
