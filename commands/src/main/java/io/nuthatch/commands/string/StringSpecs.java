package io.nuthatch.commands.string;

import io.nuthatch.commands.AclCategory;
import io.nuthatch.commands.CommandFlag;
import io.nuthatch.commands.CommandSpec;
import io.nuthatch.commands.KeySpec;

/// The specs of the commands on strings.
final class StringSpecs {
    private StringSpecs() {}

    static final CommandSpec GET = CommandSpec.named("GET")
            .summary("Gives the string at a key")
            .syntax("key")
            .since("1.0.0")
            .group("string")
            .arity(2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.readOne(1))
            .build();

    static final CommandSpec SET = CommandSpec.named("SET")
            .summary("Stores a string at a key, whatever was there, with optional conditions and expiry")
            .syntax("key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT"
                    + " unix-time-milliseconds | KEEPTTL]")
            .since("1.0.0")
            .group("string")
            .arity(-3)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE VARIABLE_FLAGS"))
            .build();

    static final CommandSpec SETEX = CommandSpec.named("SETEX")
            .summary("Stores a string that expires after some seconds")
            .syntax("key seconds value")
            .since("2.0.0")
            .group("string")
            .arity(4)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM)
            .acl(AclCategory.STRING)
            .keys(KeySpec.overwriteOne(1))
            .build();

    static final CommandSpec PSETEX = CommandSpec.named("PSETEX")
            .summary("Stores a string that expires after some milliseconds")
            .syntax("key milliseconds value")
            .since("2.6.0")
            .group("string")
            .arity(4)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM)
            .acl(AclCategory.STRING)
            .keys(KeySpec.overwriteOne(1))
            .build();

    static final CommandSpec SETNX = CommandSpec.named("SETNX")
            .summary("Stores a string only where no key is yet")
            .syntax("key value")
            .since("1.0.0")
            .group("string")
            .arity(3)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "OW", "INSERT"))
            .build();

    static final CommandSpec GETEX = CommandSpec.named("GETEX")
            .summary("Gives a string and sets or removes its expiry")
            .syntax("key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds |"
                    + " PERSIST]")
            .since("6.2.0")
            .group("string")
            .arity(-2)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec GETDEL = CommandSpec.named("GETDEL")
            .summary("Gives a string and deletes its key")
            .syntax("key")
            .since("6.2.0")
            .group("string")
            .arity(2)
            .flags(CommandFlag.WRITE, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS DELETE"))
            .build();

    static final CommandSpec GETSET = CommandSpec.named("GETSET")
            .summary("Stores a string and gives the one it replaced")
            .syntax("key value")
            .since("1.0.0")
            .group("string")
            .arity(3)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec MGET = CommandSpec.named("MGET")
            .summary("Gives the strings at several keys at one instant")
            .syntax("key [key ...]")
            .since("1.0.0")
            .group("string")
            .complexity("O(N) for N keys")
            .arity(-2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, -1, 1, "RO", "ACCESS"))
            .tips("request_policy:multi_shard")
            .build();

    static final CommandSpec MSET = CommandSpec.named("MSET")
            .summary("Stores several strings at one instant")
            .syntax("key value [key value ...]")
            .since("1.0.1")
            .group("string")
            .complexity("O(N) for N keys")
            .arity(-3)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, -1, 2, "OW", "UPDATE"))
            .tips("request_policy:multi_shard", "response_policy:all_succeeded")
            .build();

    static final CommandSpec MSETNX = CommandSpec.named("MSETNX")
            .summary("Stores several strings, or none when one of the keys exists")
            .syntax("key value [key value ...]")
            .since("1.0.1")
            .group("string")
            .complexity("O(N) for N keys")
            .arity(-3)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, -1, 2, "OW", "INSERT"))
            .build();

    static final CommandSpec INCR = CommandSpec.named("INCR")
            .summary("Adds one to the integer at a key; a missing key counts as 0")
            .syntax("key")
            .since("1.0.0")
            .group("string")
            .arity(2)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec INCRBY = CommandSpec.named("INCRBY")
            .summary("Adds to the integer at a key; a missing key counts as 0")
            .syntax("key increment")
            .since("1.0.0")
            .group("string")
            .arity(3)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec INCRBYFLOAT = CommandSpec.named("INCRBYFLOAT")
            .summary("Adds to the decimal number at a key; a missing key counts as 0")
            .syntax("key increment")
            .since("2.6.0")
            .group("string")
            .arity(3)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec DECR = CommandSpec.named("DECR")
            .summary("Subtracts one from the integer at a key; a missing key counts as 0")
            .syntax("key")
            .since("1.0.0")
            .group("string")
            .arity(2)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec DECRBY = CommandSpec.named("DECRBY")
            .summary("Subtracts from the integer at a key; a missing key counts as 0")
            .syntax("key decrement")
            .since("1.0.0")
            .group("string")
            .arity(3)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RW", "ACCESS UPDATE"))
            .build();

    static final CommandSpec APPEND = CommandSpec.named("APPEND")
            .summary("Adds bytes to the end of a string, and creates it when missing")
            .syntax("key value")
            .since("2.0.0")
            .group("string")
            .complexity("O(N) for N appended bytes, amortized")
            .arity(3)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RW", "INSERT"))
            .build();

    static final CommandSpec STRLEN = CommandSpec.named("STRLEN")
            .summary("Counts the bytes of a string")
            .syntax("key")
            .since("2.2.0")
            .group("string")
            .arity(2)
            .flags(CommandFlag.READONLY, CommandFlag.FAST)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 1, 1, "RO", ""))
            .build();

    static final CommandSpec GETRANGE = CommandSpec.named("GETRANGE")
            .summary("Gives the bytes of a string from one position to another, ends included")
            .syntax("key start end")
            .since("2.4.0")
            .group("string")
            .complexity("O(N) for N bytes given")
            .arity(4)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.STRING)
            .keys(KeySpec.readOne(1))
            .build();

    static final CommandSpec SUBSTR = CommandSpec.named("SUBSTR")
            .summary("Gives a part of a string; the old name of GETRANGE")
            .syntax("key start end")
            .since("1.0.0")
            .group("string")
            .complexity("O(N) for N bytes given")
            .arity(4)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.STRING)
            .keys(KeySpec.readOne(1))
            .build();

    static final CommandSpec SETRANGE = CommandSpec.named("SETRANGE")
            .summary("Overwrites a string from a position on, filling a gap with zero bytes")
            .syntax("key offset value")
            .since("2.2.0")
            .group("string")
            .complexity("O(N) for N bytes written or filled")
            .arity(4)
            .flags(CommandFlag.WRITE, CommandFlag.DENYOOM)
            .acl(AclCategory.STRING)
            .keys(KeySpec.updateOne(1))
            .build();

    static final CommandSpec LCS = CommandSpec.named("LCS")
            .summary("Finds the longest common subsequence of two strings")
            .syntax("key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]")
            .since("7.0.0")
            .group("string")
            .complexity("O(N*M) for strings of N and M bytes")
            .arity(-3)
            .flags(CommandFlag.READONLY)
            .acl(AclCategory.STRING)
            .keys(KeySpec.range(1, 2, 1, "RO", "ACCESS"))
            .build();
}
