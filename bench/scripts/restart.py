#!/usr/bin/env python3
"""What a restart costs beside building the index: loads vectors, waits until all are in the graph, saves, ends the server
(SHUTDOWN and kill -9 in turns) and starts it again until the first search is answered; then compares every answer with the
one before.

usage: restart.py FOLDER [--data DIR] [--rows N] [--compression NAME] [--ef-construction 200] [--tail 0] [--rounds 2] [--port 7396]

FOLDER as the engine bench has it (base.fbin, query.fbin, gt.ibin, meta.json). One HASH a vector with a NUMERIC and a TAG.
The build is timed from the first HSET until no vector waits (the admin port says so); the restart from the launch of the
process, JVM and all. Beside each time stands the processor time the server took, which other load on the machine hardly
moves. With --tail 0.1 a tenth of the documents get other vectors behind the checkpoint, which are in the log alone when the
server is killed; a start links them anew, so its answers are held against those before by how many keys they share. With --data what was built stays there, and a second run begins with it.
"""
import argparse
import json
import os
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
TICK = os.sysconf("SC_CLK_TCK")


def launch(port, folder, log, *settings):
    return subprocess.Popen(
        [os.environ.get("NUTHATCH", ROOT / "bin/nuthatch-server"), "--port", str(port), "--admin-port", str(port + 1),
         "--save", "", "--dir", folder, "--warm-up", "no", *settings],
        stdout=log, stderr=log, env={**os.environ, "NUTHATCH_BUILD": "no"})


def processor(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def connect(port):
    """Connects when the port is open and the data is there."""
    client = None
    while True:
        try:
            client = client or Client(port)
            client.call("EXISTS", "nothing")  # Cheaper than INFO: the server that loads has better things to compile.
            return client
        except RuntimeError:  # LOADING
            time.sleep(0.02)  # Two hundred a second take a tenth of a small start's processor time.
        except (OSError, IndexError):
            client = None
            time.sleep(0.002)


def lag(port):
    text = urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/metrics").read().decode()
    return sum(float(m) for m in re.findall(r"^nuthatch_index_lag_vectors\{.*\} (\S+)", text, re.M))


def logged(a):
    """Settings that keep the tail in the log."""
    return ["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"] if a.tail else []


class Vectors:
    """The vectors of a folder, and the index over them."""

    def __init__(self, folder, rows=0):
        self.raw = (folder / "base.fbin").read_bytes()
        self.queries = (folder / "query.fbin").read_bytes()
        self.count, self.dim = struct.unpack("<ii", self.raw[:8])
        self.count = rows or self.count
        self.width = 4 * self.dim
        ids = (folder / "gt.ibin").read_bytes()
        n, k = struct.unpack("<ii", ids[:8])
        self.truth = [struct.unpack(f"<{k}i", ids[8 + 4 * k * i:8 + 4 * k * (i + 1)]) for i in range(n)]
        self.metric = json.loads((folder / "meta.json").read_text())["metric"].upper()

    def create(self, client, compression, ef_construction):
        attributes = ["TYPE", "FLOAT32", "DIM", self.dim, "DISTANCE_METRIC", self.metric, "M", 16,
                      "EF_CONSTRUCTION", ef_construction]
        if compression != "default":
            attributes += ["COMPRESSION", compression]
        client.call("FT.CREATE", "vidx", "ON", "HASH", "PREFIX", 1, "v:", "SCHEMA", "v", "VECTOR", "HNSW",
                    len(attributes), *attributes, "num", "NUMERIC", "cat", "TAG")

    def hset(self, i, row=None):
        at = 8 + (i if row is None else row) * self.width
        return encode("HSET", f"v:{i}", "v", self.raw[at:at + self.width],
                      "num", i % 10_000, "cat", f"c{i % 10}")

    def search(self, i, ef=200):
        query = self.queries[8 + i * self.width:8 + (i + 1) * self.width]
        return encode("FT.SEARCH", "vidx", f"*=>[KNN 10 @v $q EF_RUNTIME {ef}]", "PARAMS", 2, "q", query,
                      "NOCONTENT", "DIALECT", 2)

    def answers(self, client, count=200):
        """The keys that each of the first queries finds."""
        return [sorted(k.decode() for k in client.pipeline([self.search(i)])[0][1:]) for i in range(count)]

    def recall(self, found):
        hits = sum(len({int(k[2:]) for k in keys} & set(self.truth[i][:10])) for i, keys in enumerate(found))
        return round(hits / (10 * len(found)), 4)


def build(a, vectors, folder, log):
    """Fills a server, has it save, and writes down what that took and what it answers."""
    server = launch(a.port, folder, log, *logged(a))
    try:
        client = connect(a.port)
        start, used = time.time(), processor(server.pid)
        vectors.create(client, a.compression, a.ef_construction)
        for at in range(0, vectors.count, BATCH):
            client.pipeline([vectors.hset(i) for i in range(at, min(at + BATCH, vectors.count))])
        while lag(a.port) > 0:
            time.sleep(0.02)
        built = {"build_s": round(time.time() - start, 2), "build_processor_s": round(processor(server.pid) - used, 1)}
        time.sleep(2)
        built["answers"] = vectors.answers(client)
        built["resident_mb"] = resident(server.pid) >> 20
        start = time.time()
        client.call("SAVE")
        built["save_s"] = round(time.time() - start, 2)
        if a.tail:
            count = int(vectors.count * a.tail)
            for at in range(0, count, BATCH):
                client.pipeline([vectors.hset(10 * i, 10 * i + 1) for i in range(at, min(at + BATCH, count))])
            while lag(a.port) > 0:
                time.sleep(0.02)
            time.sleep(2)  # The log is synced once a second.
            built["answers"] = vectors.answers(client)
        (pathlib.Path(folder) / "built.json").write_text(json.dumps(built))
        return built
    finally:
        server.kill()
        server.wait()


def restart(a, vectors, folder, log, expected, shutdown):
    """One start up to the first answer, and the same answers as before; the seconds and the processor's."""
    start = time.time()
    server = launch(a.port, folder, log, *logged(a))
    try:
        client = connect(a.port)
        vectors.answers(client, 1)
        took = round(time.time() - start, 2), round(processor(server.pid), 1)
        found = vectors.answers(client)
        shared = sum(len(set(x) & set(y)) for x, y in zip(found, expected)) / sum(map(len, expected))
        if found != expected and (not a.tail or shared < 0.98):
            raise SystemExit(f"other answers than before: {shared:.3f} of the keys are the same")
        if shutdown:
            client.socket.sendall(encode("SHUTDOWN", "SAVE"))
            server.wait()
        return took
    finally:
        server.kill()
        server.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=0, help="so many vectors only; recall says nothing then")
    parser.add_argument("--compression", default="default")
    parser.add_argument("--ef-construction", type=int, default=200)
    parser.add_argument("--tail", type=float, default=0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--port", type=int, default=7396)
    a = parser.parse_args()
    vectors = Vectors(a.folder, a.rows)
    folder = str(a.data.resolve()) if a.data else tempfile.mkdtemp()
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    log = open(pathlib.Path(folder) / "log", "ab")
    out = {"set": a.folder.name, "rows": vectors.count, "dim": vectors.dim, "compression": a.compression,
           "tail": a.tail}
    try:
        known = pathlib.Path(folder) / "built.json"
        built = json.loads(known.read_text()) if known.exists() else build(a, vectors, folder, log)
        answers = built.pop("answers")
        out.update(built, recall=vectors.recall(answers))
        checkpoints = list(pathlib.Path(folder, "checkpoints").iterdir())
        out["checkpoint_mb"] = sum(f.stat().st_size for f in checkpoints) >> 20
        said = log.tell()
        out["killed_s"], out["shut_down_s"], used = [], [], []
        for i in range(2 * a.rounds):
            seconds, processor_s = restart(a, vectors, folder, log, answers, shutdown=i % 2 == 0 and not a.tail)
            out["shut_down_s" if i % 2 and not a.tail else "killed_s"].append(seconds)
            used.append(processor_s)
        out["restart_processor_s"] = used
        lines = pathlib.Path(log.name).read_bytes()[said:]
        out["load_ms"] = [int(m) for m in re.findall(rb"loaded .* in (\d+) ms \(", lines)]
        both = out["killed_s"] + out["shut_down_s"]
        out["seconds_a_gb"] = [round(1024 * s / out["checkpoint_mb"], 1) for s in (min(both), max(both))]
        out["build_over_restart"] = [round(out["build_s"] / s, 1) for s in (max(both), min(both))]
        out["build_over_restart_processor"] = [round(out["build_processor_s"] / s, 1) for s in (max(used), min(used))]
        print(json.dumps(out))
    finally:
        if not a.data:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
