#!/usr/bin/env python3
"""Loads N hashes of one FLOAT32 vector, a TAG and a NUMERIC under an HNSW index and prints the bytes of each part.

usage: memory.py PORT SERVER_PID [N] [DIM]      needs numpy; the same script runs against RediSearch
"""
import re
import socket
import sys
import time

import numpy as np

PORT, PID = int(sys.argv[1]), int(sys.argv[2])
N = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
DIM = int(sys.argv[4]) if len(sys.argv) > 4 else 128
client = socket.create_connection(("127.0.0.1", PORT))
stream = client.makefile("rb")


def encode(*args):
    parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


def reply():
    line = stream.readline()
    kind, rest = line[:1], line[1:-2]
    if kind == b"$":
        return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2]
    if kind == b"*":
        return [reply() for _ in range(int(rest))]
    if kind == b"-":
        sys.exit(f"error reply: {rest.decode()}")
    return int(rest) if kind == b":" else rest


def call(*args):
    client.sendall(encode(*args))
    return reply()


def resident():
    with open(f"/proc/{PID}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) * 1024


def used():
    return int(re.search(rb"used_memory:(\d+)", call("INFO", "memory")).group(1))


call("FLUSHALL")
resident_before, used_before = resident(), used()
call("FT.CREATE", "idx", "ON", "HASH", "PREFIX", 1, "doc:", "SCHEMA", "cat", "TAG", "num", "NUMERIC", "vec", "VECTOR",
     "HNSW", 10, "TYPE", "FLOAT32", "DIM", DIM, "DISTANCE_METRIC", "L2", "M", 16, "EF_CONSTRUCTION", 200)
random = np.random.default_rng(7)
centres = random.standard_normal((256, DIM), dtype=np.float32)
start = time.time()
BATCH = 500
for base in range(0, N, BATCH):
    rows = centres[random.integers(0, 256, BATCH)] + 0.5 * random.standard_normal((BATCH, DIM), dtype=np.float32)
    client.sendall(b"".join(
        encode("HSET", f"doc:{base + i}", "cat", f"c{i % 10}", "num", (base + i) % 10_000, "vec", rows[i].tobytes())
        for i in range(min(BATCH, N - base))))
    for _ in range(min(BATCH, N - base)):
        reply()
print(f"acknowledged after {time.time() - start:.1f} s")
while True:
    info = call("FT.INFO", "idx")
    fields = {k.decode() if isinstance(k, bytes) else k: v for k, v in zip(info[::2], info[1::2])}
    if int(fields["num_docs"]) >= N and int(fields["indexing"]) == 0:
        break
    time.sleep(1)
print(f"indexed after {time.time() - start:.1f} s")
print(f"resident: {(resident() - resident_before) / N:.0f} bytes a document")
print(f"used_memory: {(used() - used_before) / N:.0f} bytes a document (raw vector {4 * DIM})")
for name, value in fields.items():
    if name.endswith("_sz_mb") or name.endswith("_size_mb"):
        print(f"  {name}: {float(value) * 2**20 / N:.1f} bytes a document")
