#!/usr/bin/env python3
"""Fills an HNSW index and drops it, some times over, and prints what the process keeps of it: resident bytes and the
server's own account, beside the empty server.

usage: drop-index.py PORT SERVER_PID [N] [DIM] [ROUNDS]      needs numpy

The Java heap must not grow meanwhile: start the server with NUTHATCH_HEAP=512m and
NUTHATCH_JAVA_OPTS='-Xms512m -XX:+AlwaysPreTouch'.
"""
import sys
import time

import numpy as np

from resp import Client, encode, resident

PORT, PID = int(sys.argv[1]), int(sys.argv[2])
N = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
DIM = int(sys.argv[4]) if len(sys.argv) > 4 else 128
ROUNDS = int(sys.argv[5]) if len(sys.argv) > 5 else 3
BATCH = 500
client = Client(PORT)
random = np.random.default_rng(7)


def off_heap():
    return int(client.memory().get("used_memory_off_heap", 0))


def state(label):
    time.sleep(2)  # Upkeep drains what readers may still have held.
    print(f"{label}: resident {(resident(PID) - RESIDENT) / 2**20:+.1f} MiB, counted off the heap"
          f" {(off_heap() - COUNTED) / 2**20:+.2f} MiB", flush=True)


client.call("FLUSHALL")
time.sleep(1)
RESIDENT, COUNTED = resident(PID), off_heap()
for turn in range(ROUNDS):
    client.call("FT.CREATE", "idx", "ON", "HASH", "PREFIX", 1, "doc:", "SCHEMA", "cat", "TAG", "vec", "VECTOR", "HNSW", 8,
                "TYPE", "FLOAT32", "DIM", DIM, "DISTANCE_METRIC", "L2", "COMPRESSION", "SQ8")
    for base in range(0, N, BATCH):
        rows = random.standard_normal((BATCH, DIM), dtype=np.float32)
        client.pipeline([encode("HSET", f"doc:{base + i}", "cat", f"c{i % 10}", "vec", rows[i].tobytes())
                         for i in range(BATCH)])
    while int(client.index("idx")["indexing"]):
        time.sleep(0.5)
    state(f"round {turn}, {N} documents")
    client.call("FT.DROPINDEX", "idx", "DD")
    state(f"round {turn}, dropped with its documents")
