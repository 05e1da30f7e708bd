#!/usr/bin/env python3
"""What steady upserts of vectors cost the disk: bytes that the server had written, log and checkpoints, over the vectors' own.

usage: write-amplification.py [--dim 768] [--rows 30000] [--rate 500] [--seconds 360] [--percent 100,200,300]
       [--ef-construction 100] [--fsync everysec]

For each `auto-aof-rewrite-percentage` a server of its own, filled with random vectors, whose documents, drawn at random, then
get other vectors at the rate given. The kernel says what the process had it write (`write_bytes` of /proc/PID/io, less what was
cancelled). Counting begins and ends with a checkpoint's end, so that whole cycles are counted. Prints a row of a table for each, and the same as JSON.
"""
import argparse
import json
import pathlib
import random
import shutil
import tempfile
import time

from resp import encode
from restart import connect, launch

BATCH = 64


def written(pid):
    fields = dict(line.split(": ") for line in open(f"/proc/{pid}/io").read().splitlines())
    return int(fields["write_bytes"]) - int(fields["cancelled_write_bytes"])


def info(client):
    return dict(line.split(":", 1) for line in client.call("INFO", "persistence").decode().split("\r\n") if ":" in line)


def await_rewrite(client):
    while info(client)["aof_rewrite_in_progress"] == "1":
        time.sleep(0.05)


def settings(a, percent):
    return ["--appendonly", "yes", "--appendfsync", a.fsync, "--auto-aof-rewrite-percentage", str(percent),
            "--auto-aof-rewrite-min-size", "16mb"]


def upserts(a, chance, pool):
    """Commands that give documents, drawn at random, vectors that are new each time: a slice of random bytes."""
    width = 4 * a.dim
    batch = []
    for _ in range(BATCH):
        at = 4 * chance.randrange((len(pool) - width) // 4)
        batch.append(encode("HSET", f"v:{chance.randrange(a.rows)}", "v", pool[at:at + width]))
    return batch


def measure(a, percent):
    folder = tempfile.mkdtemp()
    server = launch(a.port, folder, open(pathlib.Path(folder) / "log", "ab"), *settings(a, percent))
    chance = random.Random(7)
    pool = b"".join(b"%c%c%c\x3d" % tuple(chance.randrange(256) for _ in range(3)) for _ in range(200_000))  # Small floats.
    try:
        client = connect(a.port)
        client.call("FT.CREATE", "vidx", "ON", "HASH", "PREFIX", 1, "v:", "SCHEMA", "v", "VECTOR", "HNSW", 10, "TYPE", "FLOAT32",
                    "DIM", a.dim, "DISTANCE_METRIC", "L2", "M", 16, "EF_CONSTRUCTION", a.ef_construction)
        width = 4 * a.dim
        for first in range(0, a.rows, BATCH):
            client.pipeline([
                encode("HSET", f"v:{i}", "v", pool[4 * i:4 * i + width]) for i in range(first, min(first + BATCH, a.rows))])
        await_rewrite(client)  # One may be under way, of its own accord.
        client.call("BGREWRITEAOF")
        await_rewrite(client)
        begun = time.time()
        ends = [(0, written(server.pid))]  # Of each checkpoint: vectors sent, bytes written.
        sent, seen = 0, int(info(client)["aof_rewrites"])
        while time.time() - begun < a.seconds:
            client.pipeline(upserts(a, chance, pool))
            sent += BATCH
            count = int(info(client)["aof_rewrites"])
            if count != seen:
                seen = count
                ends.append((sent, written(server.pid)))
            wait = begun + sent / a.rate - time.time()
            if wait > 0:
                time.sleep(wait)
        out = {"percent": percent, "dim": a.dim, "rows": a.rows, "fsync": a.fsync, "seconds": round(time.time() - begun),
               "upserts_a_second": round(sent / (time.time() - begun)), "cycles": len(ends) - 1}
        if len(ends) >= 2:
            raw = (ends[-1][0] - ends[0][0]) * width
            out["raw_mb"] = raw >> 20
            out["amplification"] = round((ends[-1][1] - ends[0][1]) / raw, 2)
            out["each_cycle"] = [
                round((after[1] - before[1]) / ((after[0] - before[0]) * width), 2) for before, after in zip(ends, ends[1:])]
        persistence = info(client)
        out["disk_mb"] = int(persistence["aof_current_size"]) >> 20
        out["data_mb"] = a.rows * width >> 20
        return out
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dim", type=int, default=768)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=360)
    parser.add_argument("--percent", default="100,200,300")
    parser.add_argument("--ef-construction", type=int, default=100)
    parser.add_argument("--fsync", default="everysec")
    parser.add_argument("--port", type=int, default=7394)
    a = parser.parse_args()
    print("| auto-aof-rewrite-percentage | upserts a second | whole cycles | written over raw, bar ≤ 2 | each cycle | disk, MB | data, MB |")
    print("|---|---|---|---|---|---|---|")
    for percent in a.percent.split(","):
        row = measure(a, int(percent))
        each = row.get("each_cycle", [])
        span = f"{min(each)}–{max(each)}" if each else ""
        print(f"| {percent} | {row['upserts_a_second']} | {row['cycles']} | {row.get('amplification', '')} | "
              f"{span} | {row['disk_mb']} | {row['data_mb']} |", flush=True)
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
