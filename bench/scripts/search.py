#!/usr/bin/env python3
"""Ingest against hnswlib, recall with and without filters, and the memory of a document, on one dataset.

usage: search.py PORT DATASET_FOLDER [--peer]      needs redis, hnswlib and numpy

A dataset is a folder with base.fbin and query.fbin (int32 rows, int32 dimensions, float32 rows) for cosine distance.
Each document gets a NUMERIC field `num`, uniform over 0..9999, and a TAG `cat`: c0 is half of them, c1 a quarter...
Empties the server, and prints a line for each measurement. The ingest is timed in turns with hnswlib's single-thread
build, three times; with --peer (a server without INFO's parts, as Redis with RediSearch) the memory account is left
out.
"""

import pathlib
import statistics
import sys
import time

import hnswlib
import numpy as np
import redis

M, EF_CONSTRUCTION, K = 16, 200, 10
PIPELINE = 64


def read_fbin(path):
    raw = path.read_bytes()
    n, dim = np.frombuffer(raw[:8], "<i4")
    return np.frombuffer(raw[8:], "<f4").reshape(n, dim)


def numbers(n):
    rng = np.random.default_rng(7)
    num = rng.integers(0, 10_000, n)
    cat = np.minimum(9, np.floor(-np.log2(1 - rng.random(n)))).astype(int)
    return num, cat


def load(client, rows, num, cat):
    """Seconds (and CPU seconds) from the first HSET until all are searchable, which is when the last is answered."""
    try:
        client.execute_command("FT.DROPINDEX", "bench", "DD")
    except redis.ResponseError:
        pass
    client.execute_command(
        *f"FT.CREATE bench PREFIX 1 b: SCHEMA num NUMERIC cat TAG v VECTOR HNSW 10 TYPE FLOAT32 DIM {rows.shape[1]}"
        f" DISTANCE_METRIC COSINE M {M} EF_CONSTRUCTION {EF_CONSTRUCTION}".split()
    )
    blobs = [row.tobytes() for row in rows]
    begun, cpu = time.perf_counter(), cpu_seconds(client)
    for start in range(0, len(rows), PIPELINE):
        pipeline = client.pipeline(transaction=False)
        for i in range(start, min(start + PIPELINE, len(rows))):
            pipeline.execute_command("HSET", f"b:{i}", "num", int(num[i]), "cat", f"c{cat[i]}", "v", blobs[i])
        pipeline.execute()
    seconds, cpu = time.perf_counter() - begun, cpu_seconds(client) - cpu
    total = client.execute_command("FT.SEARCH", "bench", "*", "LIMIT", 0, 0)[0]
    assert total == len(rows), f"{total} of {len(rows)} are searchable"
    return seconds, cpu


def cpu_seconds(client):
    info = dict(line.split(":", 1) for line in client.execute_command("INFO", "cpu").decode().splitlines() if ":" in line)
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


def build(rows):
    index = hnswlib.Index("cosine", rows.shape[1])
    index.init_index(len(rows), ef_construction=EF_CONSTRUCTION, M=M)
    begun, cpu = time.perf_counter(), time.process_time()
    index.add_items(rows, num_threads=1)
    return time.perf_counter() - begun, time.process_time() - cpu


def search(client, rows, queries, where, matches, ef):
    """Recall by distance (ties count), fewest hits of any query, and queries a second on one connection."""
    ids = np.flatnonzero(matches)
    similarities = queries @ rows[ids].T
    wanted = min(K, len(ids))
    right, fewest, elapsed = 0, K, 0.0
    for q, query in enumerate(queries):
        begun = time.perf_counter()
        reply = client.execute_command(
            "FT.SEARCH", "bench", f"{where}=>[KNN {K} @v $q EF_RUNTIME {ef} AS d]", "NOCONTENT", "SORTBY", "d",
            "LIMIT", 0, K, "PARAMS", 2, "q", query.tobytes(), "DIALECT", 2,
        )
        elapsed += time.perf_counter() - begun
        worst = np.partition(similarities[q], -wanted)[-wanted] - 1e-6
        hits = [int(key.decode()[2:]) for key in reply[1:]]
        assert all(matches[hit] for hit in hits), "a hit does not match the filter"
        right += sum(float(query @ rows[hit]) >= worst for hit in hits)
        fewest = min(fewest, len(hits))
    return right / (wanted * len(queries)), fewest, len(queries) / elapsed


def main():
    port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    client = redis.Redis(port=port, protocol=2, socket_timeout=600)
    client.response_callbacks.clear()
    client.execute_command("FLUSHALL")
    rows, queries = read_fbin(folder / "base.fbin"), read_fbin(folder / "query.fbin")
    num, cat = numbers(len(rows))

    load(client, rows, num, cat)  # Warms the JIT.
    ratios = []
    for turn in range(3):
        (theirs, their_cpu), (ours, our_cpu) = build(rows), load(client, rows, num, cat)
        ratios.append(theirs / ours)
        print(
            f"ingest {turn}: {len(rows) / ours:.0f}/s, hnswlib {len(rows) / theirs:.0f}/s, ratio {theirs / ours:.2f};"
            f" a CPU second: {len(rows) / our_cpu:.0f}, hnswlib {len(rows) / their_cpu:.0f}"
        )
    print(f"ingest: median ratio {statistics.median(ratios):.2f} (bar 1.5 on two cores)")

    everything = np.ones(len(rows), bool)
    for ef in (16, 32, 64, 128, 256):
        recall, fewest, rate = search(client, rows, queries, "*", everything, ef)
        print(f"EF_RUNTIME {ef}: recall {recall:.4f}, at least {fewest} hits, {rate:.0f} queries/s")
    filters = [(f"@num:[0 {top}]", num <= top) for top in (9, 99, 999, 4999)]
    filters += [("@cat:{c0}", cat == 0), ("@cat:{c6}", cat == 6), ("(@cat:{c1|c2} @num:[0 4999])", ((cat == 1) | (cat == 2)) & (num < 5000))]
    for where, matches in filters:
        recall, fewest, rate = search(client, rows, queries, where, matches, 64)
        print(f"{where} ({matches.mean():.2%}): recall {recall:.4f}, at least {fewest} hits, {rate:.0f} queries/s")

    if "--peer" not in sys.argv:
        raw = 4 * rows.shape[1]
        parts = {}
        for line in client.execute_command("INFO", "memory").decode().splitlines():
            if line.startswith("used_memory_off_heap_"):
                name, value = line[len("used_memory_off_heap_") :].split(":")
                parts[name] = int(value) / len(rows)
        kept = parts.pop("free_blocks", 0)
        print(f"bytes a document, raw {raw}: " + ", ".join(f"{k} {v:.0f}" for k, v in parts.items() if v >= 0.5))
        print(f"together {sum(parts.values()):.0f} = {sum(parts.values()) / raw:.2f} x raw; free for reuse {kept:.0f}")


if __name__ == "__main__":
    main()
