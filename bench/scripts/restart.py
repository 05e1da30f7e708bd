#!/usr/bin/env python3
"""What a restart costs beside building the index: loads vectors, waits until all are in the graph, saves, kills the server
and starts it again until the first search is answered; then compares every answer with the one before.

usage: restart.py FOLDER [--compression NAME] [--rounds 3] [--port 7396] [--writes 0.1]

FOLDER as the engine bench has it (base.fbin, query.fbin, gt.ibin, meta.json). One HASH a vector with a NUMERIC and a TAG.
The build is timed from the first HSET until no vector waits (INFO on the admin port); the restart from the launch of the
process, JVM and all, and again from when loading begins (its own log line). While one BGSAVE runs, a share of the vectors is
written again: the slowest of those writes, and the resident memory at its highest, are printed beside those without.
"""
import argparse
import json
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import time
import urllib.request

from resp import Client, encode, resident

ROOT = pathlib.Path(__file__).resolve().parents[2]
BATCH = 256


def launch(port, folder, log):
    return subprocess.Popen(
        [ROOT / "bin/nuthatch-server", "--port", str(port), "--admin-port", str(port + 1), "--save", "", "--dir", folder,
         "--warm-up", "no"],
        stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin", "HOME": "/root", "NUTHATCH_BUILD": "no"})


def connect(port, loaded):
    while True:
        try:
            client = Client(port)
            while loaded and b"\r\nloading:1\r\n" in client.call("INFO", "persistence"):
                time.sleep(0.002)
            client.call("PING")
            return client
        except (OSError, RuntimeError, IndexError):
            time.sleep(0.002)


def lag(port):
    text = urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/metrics").read().decode()
    return sum(float(m) for m in re.findall(r"^nuthatch_index_lag_vectors\{.*\} (\S+)", text, re.M))


def upsert(client, raw, width, rows):
    return client.pipeline([
        encode("HSET", f"v:{i}", "v", raw[8 + i * width:8 + (i + 1) * width], "num", i % 10_000, "cat", f"c{i % 10}")
        for i in rows])


def answers(client, queries, width, count=200):
    return [client.call("FT.SEARCH", "vidx", "*=>[KNN 10 @v $q EF_RUNTIME 200]", "PARAMS", 2, "q",
                        queries[8 + i * width:8 + (i + 1) * width], "NOCONTENT", "DIALECT", 2)
            for i in range(count)]


def recall(found, truth):
    hits = sum(len({int(k[2:]) for k in reply[1:]} & set(truth[i][:10])) for i, reply in enumerate(found))
    return hits / (10 * len(found))


def watched(client, work):
    """Runs `work` once for each batch until it says no; returns the slowest and the 99th percentile in ms."""
    times = []
    while True:
        start = time.perf_counter()
        if not work():
            break
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return (times[-1], times[len(times) * 99 // 100]) if times else (0, 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--compression", default="default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=7396)
    parser.add_argument("--writes", type=float, default=0.1)
    parser.add_argument("--rows", type=int, default=0, help="so many vectors only; recall is not compared with the truth then")
    a = parser.parse_args()
    raw, queries = (a.folder / "base.fbin").read_bytes(), (a.folder / "query.fbin").read_bytes()
    count, dim = struct.unpack("<ii", raw[:8])
    count = a.rows or count
    width = 4 * dim
    ids = (a.folder / "gt.ibin").read_bytes()
    n, k = struct.unpack("<ii", ids[:8])
    truth = [struct.unpack(f"<{k}i", ids[8 + 4 * k * i:8 + 4 * k * (i + 1)]) for i in range(n)]
    metric = json.loads((a.folder / "meta.json").read_text())["metric"].upper()
    attributes = ["TYPE", "FLOAT32", "DIM", dim, "DISTANCE_METRIC", metric, "M", 16, "EF_CONSTRUCTION", 200]
    if a.compression != "default":
        attributes += ["COMPRESSION", a.compression]
    folder = tempfile.mkdtemp()
    log = open(pathlib.Path(folder) / "log", "ab")
    server = launch(a.port, folder, log)
    out = {"set": a.folder.name, "rows": count, "dim": dim, "compression": a.compression}
    try:
        client = connect(a.port, False)
        start = time.time()
        client.call("FT.CREATE", "vidx", "ON", "HASH", "PREFIX", 1, "v:", "SCHEMA", "v", "VECTOR", "HNSW",
                    len(attributes), *attributes, "num", "NUMERIC", "cat", "TAG")
        for at in range(0, count, BATCH):
            upsert(client, raw, width, range(at, min(at + BATCH, count)))
        while lag(a.port) > 0:
            time.sleep(0.02)
        out["build_s"] = round(time.time() - start, 2)
        time.sleep(2)
        found = answers(client, queries, width)
        out["recall_before"] = round(recall(found, truth), 4)
        start = time.time()
        client.call("SAVE")
        out["save_s"] = round(time.time() - start, 2)
        out["checkpoint_mb"] = sum(f.stat().st_size for f in pathlib.Path(folder, "checkpoints").iterdir()) >> 20
        restarts = []
        for _ in range(a.rounds):
            server.kill()
            server.wait()
            start = time.time()
            server = launch(a.port, folder, log)
            client = connect(a.port, True)
            again = answers(client, queries, width, 1)
            restarts.append(round(time.time() - start, 2))
            again += answers(client, queries, width)[1:]
            assert [sorted(map(str, r)) for r in again] == [sorted(map(str, r)) for r in found], "other answers than before"
        out["restart_s"] = restarts
        out["recall_after"] = round(recall(again, truth), 4)
        out["load_ms"] = [int(m) for m in re.findall(rb"in (\d+) ms \(", open(log.name, "rb").read())]
        out["build_over_restart"] = [round(out["build_s"] / min(restarts), 1), round(out["build_s"] / max(restarts), 1)]
        # Writers beside a save.
        rest = iter(range(0, int(count * a.writes), 16))
        before = resident(server.pid)
        state = {"peak": 0, "until": time.time() + 3}

        def batch():
            at = next(rest, None)
            if at is None or time.time() > state["until"]:
                return False
            upsert(client, raw, width, range(at, at + 16))
            state["peak"] = max(state["peak"], resident(server.pid))
            return True

        out["quiet_batch_ms_max_p99"] = [round(x, 2) for x in watched(client, batch)]
        quiet_peak = state["peak"]
        client.call("BGSAVE")
        state["until"] = time.time() + 60
        rest = iter(range(int(count * a.writes), 10**9, 16))
        started = time.time()

        def batch_while_saving():
            at = next(rest) % (count - 16)
            upsert(client, raw, width, range(at, at + 16))
            state["peak"] = max(state["peak"], resident(server.pid))
            return time.time() - started < 60 and b"rdb_bgsave_in_progress:1" in client.call("INFO", "persistence")

        out["saving_batch_ms_max_p99"] = [round(x, 2) for x in watched(client, batch_while_saving)]
        out["bgsave_s"] = round(time.time() - started, 2)
        out["resident_mb_before_quiet_saving"] = [before >> 20, quiet_peak >> 20, state["peak"] >> 20]
        print(json.dumps(out))
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder)


main()
