#!/usr/bin/env python3
"""Makes the golden files beside it: make.py PORT NAME, in this folder, against a scratch Redis of this machine.

NAME.rdb is what SAVE writes; NAME.tsv is what the same server said it held:
database, key, type, expiry in Unix milliseconds (-1: never), SHA-256 of the value. A value's bytes are those of a
string, or of a hash `length field length value expiry` for each field in order, with numbers in decimal and LF behind.
"""
import hashlib
import os
import random
import sys

import redis

port, name = int(sys.argv[1]), sys.argv[2]
r = redis.Redis(port=port)
noise = random.Random(7)
FAR = 4102444800000  # 2100-01-01


def text(n):
    return (b"the nuthatch climbs down trees head first; " * (n // 43 + 1))[:n]


r.flushall()
for n in (0, 1, 62, 63, 64, 65, 16383, 16384, 70000):
    r.set(f"string:text:{n}", text(n))
for n in (19, 20, 21, 63, 64, 300):
    r.set(f"string:noise:{n}", noise.randbytes(n))
for i in (0, 1, -1, 127, 128, -128, -129, 32767, 32768, -32768, -32769, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**63 - 1, -(2**63)):
    r.set(f"string:int:{i}", i)
r.set("string:int-like", "007")
r.set("key:" + "long and the same " * 30, "its key is packed")
r.set(b"key:\x00\r\n\xff", "its key is binary")
r.set("12345", "its key is a number")
r.set("string:expiring", "in 2100", pxat=FAR)
r.set("string:expiring-in-seconds", "in 2100", exat=FAR // 1000 + 1)

r.hset("hash:one", "f", "v")
r.hset("hash:packed", mapping={f"f{i}": v for i, v in enumerate([0, 1, -1, 127, 128, 4095, 4096, -4096, -4097, 2**23 - 1, 2**23, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), "", text(63), text(64)])})
r.hset("hash:packed:max", mapping={f"field-{i}": f"value-{i}" for i in range(128)})
r.hset("hash:table:value", mapping={"long": text(65), "longer": text(5000), "noise": noise.randbytes(384), "n": 12})
r.hset("hash:table:many", mapping={f"field-{i}": i * i for i in range(600)})
r.hset("hash:expiring", mapping={"a": 1, "b": 2})
r.pexpireat("hash:expiring", FAR)
try:
    r.hset("hash:fields:packed", mapping={"stays": "s", "ends": "e", "n": 5})
    r.execute_command("HPEXPIREAT", "hash:fields:packed", FAR, "FIELDS", 2, "ends", "n")
    r.hset("hash:fields:table", mapping={f"field-{i}": f"v{i}" for i in range(200)} | {"long": text(400)})
    for i in range(0, 200, 3):
        r.execute_command("HPEXPIREAT", "hash:fields:table", FAR + i, "FIELDS", 1, f"field-{i}")
except redis.ResponseError:
    r.delete("hash:fields:packed", "hash:fields:table")  # Redis before 7.4.

r.rpush("list:packed", 1, "two", text(50))
r.rpush("list:nodes", *[text(200) for _ in range(100)])
r.rpush("list:plain", noise.randbytes(9000))
r.sadd("set:ints", 1, 2, 3, 70000, 2**40)
r.sadd("set:packed", "a", "b", 3)
r.sadd("set:table", *[f"member-{i}" for i in range(200)])
r.zadd("zset:packed", {"a": 1, "b": 2.5})
r.zadd("zset:table", {f"m{i}": i / 3 for i in range(200)} | {"inf": float("inf"), "-inf": float("-inf")})
for i in range(150):
    r.xadd("stream:log", {"n": i, "text": "x" * 40}, id=f"1000-{i + 1}")
r.xdel("stream:log", "1000-5")
r.xgroup_create("stream:log", "readers", id="0")
r.xreadgroup("readers", "anna", {"stream:log": ">"}, count=7)
r.xreadgroup("readers", "ben", {"stream:log": ">"}, count=3)
r.xack("stream:log", "readers", "1000-2")
r.function_load("#!lua name=mylib\nredis.register_function('f', function(keys, args) return 1 end)", replace=True)
other = redis.Redis(port=port, db=3)
other.set("database", "three")
other.hset("hash", "in", "three")
other.set("expiring", "in 2100", pxat=FAR)


def digest(db, key, kind):
    if kind == b"string":
        return hashlib.sha256(db.get(key)).hexdigest()
    fields = sorted(db.hgetall(key).items())
    out = hashlib.sha256()
    for field, value in fields:
        try:
            expiry = db.execute_command("HPEXPIRETIME", key, "FIELDS", 1, field)[0]
        except redis.ResponseError:
            expiry = -1
        out.update(b"%d\n%s\n%d\n%s\n%d\n" % (len(field), field, len(value), value, expiry))
    return out.hexdigest()


with open(f"{name}.tsv", "w") as expected:
    for number, db in ((0, r), (3, other)):
        for key in sorted(db.keys()):
            kind = db.type(key)
            known = kind in (b"string", b"hash")
            sha = digest(db, key, kind) if known else "-"
            print(number, key.hex(), kind.decode(), db.pexpiretime(key), sha, sep="\t", file=expected)
r.save()
os.replace(os.path.join(r.config_get("dir")["dir"], "dump.rdb"), f"{name}.rdb")
