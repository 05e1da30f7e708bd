#!/usr/bin/env python3
"""Holds the server's account of memory against the system's.

usage: memory.py PORT SERVER_PID [N] [DIM]      bytes of each part of N hashes of one FLOAT32 vector, a TAG and a NUMERIC
                                                under an HNSW index, beside the growth of the process
       memory.py PORT SERVER_PID states [N]     the account beside the resident size in the states a user meets, with N
                                                vectors of 384 components (default 100,000)

Needs numpy. The first runs against RediSearch too.
"""
import select
import socket
import sys
import time

import numpy as np

from resp import Client, encode, resident

PORT, PID = int(sys.argv[1]), int(sys.argv[2])
BATCH = 500
client = Client(PORT)


def load(count, dim, index="idx", prefix="doc:", attributes=(), metric="L2"):
    """Creates an index and fills it; returns how long it took until the last document was acknowledged and linked."""
    arguments = ["TYPE", "FLOAT32", "DIM", dim, "DISTANCE_METRIC", metric, "M", 16, "EF_CONSTRUCTION", 200, *attributes]
    client.call("FT.CREATE", index, "ON", "HASH", "PREFIX", 1, prefix, "SCHEMA", "cat", "TAG", "num", "NUMERIC", "vec", "VECTOR",
                "HNSW", len(arguments), *arguments)
    random = np.random.default_rng(7)
    centres = random.standard_normal((256, dim), dtype=np.float32)
    start = time.time()
    for base in range(0, count, BATCH):
        rows = centres[random.integers(0, 256, BATCH)] + 0.5 * random.standard_normal((BATCH, dim), dtype=np.float32)
        client.pipeline([
            encode("HSET", f"{prefix}{base + i}", "cat", f"c{i % 10}", "num", (base + i) % 10_000, "vec", rows[i].tobytes())
            for i in range(min(BATCH, count - base))])
        yield base
    acknowledged = time.time() - start
    while True:
        fields = client.index(index)
        if int(fields["num_docs"]) >= count and int(fields["indexing"]) == 0:
            break
        time.sleep(1)
    print(f"# acknowledged after {acknowledged:.1f} s, indexed after {time.time() - start:.1f} s")


def document(count, dim):
    client.call("FLUSHALL")
    resident_before, before = resident(PID), client.memory()
    for _ in load(count, dim):
        pass
    fields = client.index("idx")
    after = client.memory()
    growth = {name: (value - before.get(name, 0)) / count for name, value in after.items()}
    total = (resident(PID) - resident_before) / count
    print(f"resident: {total:.0f} bytes a document (raw vector {4 * dim})")
    print(f"used_memory: {growth['used_memory']:.0f} bytes a document")
    sample = [client.call("MEMORY", "USAGE", f"doc:{i}") for i in range(0, count, max(1, count // 1000))]
    print(f"MEMORY USAGE: {sum(sample) / len(sample):.0f} bytes a document, of {len(sample)}")
    for name, value in fields.items():
        if name.endswith("_sz_mb") or name.endswith("_size_mb"):
            print(f"  {name}: {float(value) * 2**20 / count:.1f} bytes a document")
    if "used_memory_off_heap" in after:  # Nuthatch's account by part, and what is left of the resident size.
        for prefix in "used_memory_off_heap_", "used_memory_process_":
            parts = {name[len(prefix):]: value for name, value in growth.items() if name.startswith(prefix)}
            print(f"{prefix[12:-1]}: {sum(parts.values()):.0f} bytes a document")
            for name, value in sorted(parts.items(), key=lambda part: -part[1]):
                print(f"  {name}: {value:.1f}")
        print(f"not accounted for: {total - growth['used_memory']:.0f} bytes a document")


def report(state):
    """One line: the state, resident and used, the gap, and the parts of the process."""
    held = resident(PID)
    info = client.memory()
    used, off_heap = info["used_memory"], info["used_memory_off_heap"]
    process = {n[len("used_memory_process_"):]: v for n, v in info.items() if n.startswith("used_memory_process_")}
    parts = " ".join(f"{name} {value / 1e6:.0f}" for name, value in process.items())
    print(f"{state:34} {held / 1e6:8.1f} {used / 1e6:8.1f} {100 * (used - held) / held:+6.1f} %  off the heap {off_heap / 1e6:.0f}, {parts}",
          flush=True)


def settle(seconds=6):
    """Time for the server to give back what it no longer needs."""
    time.sleep(seconds)


def strings(count):
    for base in range(0, count, 1000):
        client.pipeline([encode("SET", f"key:{base + i}", b"v" * (20 + (base + i) % 400)) for i in range(1000)])


def flood(connections, bytes_each):
    """So many clients that ask for a large value and do not read it; returns them."""
    client.call("SET", "large", b"x" * bytes_each)
    others = [Client(PORT) for _ in range(connections)]
    for other in others:
        other.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # What the kernel buffers is not the server's.
        other.socket.sendall(encode("GET", "large") * 4)
    return others


def drain(others):
    for other in others:
        other.socket.setblocking(False)
        try:
            while select.select([other.socket], [], [], 0)[0] and other.socket.recv(1 << 20):
                pass
        except (BlockingIOError, ConnectionError):
            pass
        other.socket.close()


def states(count):
    print(f"{'state':34} {'resident':>8} {'used':>8} {'gap':>6}    MB")
    settle()
    report("idle")
    strings(500_000)
    report("500,000 strings")
    settle()
    report("the same, six seconds later")
    client.call("FLUSHALL")
    report("FLUSHALL")
    settle()
    report("the same, six seconds later")
    for attributes in (), ("COMPRESSION", "SQ8"):
        name = attributes[-1] if attributes else "NONE"
        for base in load(count, 384, attributes=attributes):
            if base == count // 2 // BATCH * BATCH:
                report(f"half of the vectors, {name}")
        report(f"{count:,} vectors, {name}")
        settle()
        report("the same, six seconds later")
        if not attributes:
            for base in range(0, count, 1000):
                client.pipeline([encode("DEL", f"doc:{base + i}") for i in range(0, 1000) if i % 10])
            settle()
            report("nine of ten deleted")
        client.call("FT.DROPINDEX", "idx", "DD")
        settle()
        report("FT.DROPINDEX DD")
    clients = flood(1000, 200_000)
    time.sleep(2)
    report("1,000 clients with 800 kB waiting")
    drain(clients)
    settle()
    report("clients gone")
    strings(200_000)
    client.call("SAVE")
    report("a checkpoint of 200,000 strings")
    client.call("FLUSHALL")
    client.call("MEMORY", "PURGE")
    settle()
    report("FLUSHALL, MEMORY PURGE")


if len(sys.argv) > 3 and sys.argv[3] == "states":
    states(int(sys.argv[4]) if len(sys.argv) > 4 else 100_000)
else:
    document(int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000, int(sys.argv[4]) if len(sys.argv) > 4 else 128)
