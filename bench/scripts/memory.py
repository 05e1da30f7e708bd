#!/usr/bin/env python3
"""Loads N hashes of one FLOAT32 vector, a TAG and a NUMERIC under an HNSW index and prints the bytes of each part
beside the growth of the process.

usage: memory.py PORT SERVER_PID [N] [DIM]      needs numpy; the same script runs against RediSearch
"""
import sys
import time

import numpy as np

from resp import Client, encode, resident

PORT, PID = int(sys.argv[1]), int(sys.argv[2])
N = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
DIM = int(sys.argv[4]) if len(sys.argv) > 4 else 128
client = Client(PORT)
client.call("FLUSHALL")
resident_before, before = resident(PID), client.memory()
client.call("FT.CREATE", "idx", "ON", "HASH", "PREFIX", 1, "doc:", "SCHEMA", "cat", "TAG", "num", "NUMERIC", "vec", "VECTOR",
     "HNSW", 10, "TYPE", "FLOAT32", "DIM", DIM, "DISTANCE_METRIC", "L2", "M", 16, "EF_CONSTRUCTION", 200)
random = np.random.default_rng(7)
centres = random.standard_normal((256, DIM), dtype=np.float32)
start = time.time()
BATCH = 500
for base in range(0, N, BATCH):
    rows = centres[random.integers(0, 256, BATCH)] + 0.5 * random.standard_normal((BATCH, DIM), dtype=np.float32)
    client.pipeline([
        encode("HSET", f"doc:{base + i}", "cat", f"c{i % 10}", "num", (base + i) % 10_000, "vec", rows[i].tobytes())
        for i in range(min(BATCH, N - base))])
print(f"acknowledged after {time.time() - start:.1f} s")
while True:
    fields = client.index("idx")
    if int(fields["num_docs"]) >= N and int(fields["indexing"]) == 0:
        break
    time.sleep(1)
print(f"indexed after {time.time() - start:.1f} s")
after = client.memory()
growth = {name: (value - before.get(name, 0)) / N for name, value in after.items()}
total = (resident(PID) - resident_before) / N
print(f"resident: {total:.0f} bytes a document (raw vector {4 * DIM})")
print(f"used_memory: {growth['used_memory']:.0f} bytes a document")
sample = [client.call("MEMORY", "USAGE", f"doc:{i}") for i in range(0, N, max(1, N // 1000))]
print(f"MEMORY USAGE: {sum(sample) / len(sample):.0f} bytes a document, of {len(sample)}")
for name, value in fields.items():
    if name.endswith("_sz_mb") or name.endswith("_size_mb"):
        print(f"  {name}: {float(value) * 2**20 / N:.1f} bytes a document")
if "used_memory_off_heap" in after:  # Nuthatch's account: its parts, the Java heap, and what is left of the resident size.
    prefix = "used_memory_off_heap_"
    parts = {name[len(prefix):]: value for name, value in growth.items() if name.startswith(prefix)}
    for name, value in sorted(parts.items(), key=lambda part: -part[1]):
        print(f"  {name}: {value:.1f} bytes a document")
    heap, rest = growth["heap_committed"], total - sum(parts.values()) - growth["heap_committed"]
    print(f"off the heap {sum(parts.values()):.0f}, heap in use {growth['used_memory_heap']:.0f}, heap held {heap:.0f},"
          f" not accounted for {rest:.0f} bytes a document")
