#!/usr/bin/env python3
"""Searches through the server beside RediSearch and vector sets: the same client, each server on core 0, 8 connections,
in turns.

usage: server-bars.py FOLDER OUT.jsonl --vbench VBENCH [--peer START_SEARCH] [--vector-sets START_REDIS]
                      [--compression NAME] [--rounds 3] [--seconds 2] [--recall 0.986] [--port 7394]

VBENCH is the load generator; START_SEARCH and START_REDIS are commands that take a port and run Redis in the foreground,
with RediSearch, and with vector sets (cosine only, 8-bit codes, no filters here). Loads one HASH a vector with a NUMERIC and a TAG, then measures without a filter and with NUMERIC ones of
0.1, 1, 10 and 50 %, each side at the least EF_RUNTIME that reaches the recall. Needs taskset.
"""
import argparse
import json
import pathlib
import shlex
import struct
import subprocess
import time

from resp import Client, encode, resident

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILTERS = {"none": "", "0.1 %": "num:0:9", "1 %": "num:0:99", "10 %": "num:0:999", "50 %": "num:0:4999"}
EFS = (10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400, 600, 800)
CONNECTIONS = 8
BATCH = 256
MASK = 2**64 - 1


def mix(x):
    """The load generator's: which number and tag a row has."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
    return x ^ x >> 31


def tag(row):
    bits = mix(row ^ 0xC0FFEE) | 1 << 9
    return min(9, (bits & -bits).bit_length() - 1)


class Server:
    def __init__(self, who, command, port, arguments):
        self.who, self.port, self.arguments = who, port, arguments
        self.process = subprocess.Popen([*command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                self.client = Client(port)
                self.client.call("PING")
                break
            except (OSError, RuntimeError, IndexError):
                time.sleep(0.2)

    def load(self, out):
        folder, compression = self.arguments.folder, self.arguments.compression
        raw = (folder / "base.fbin").read_bytes()
        count, dim = struct.unpack("<ii", raw[:8])
        metric = json.loads((folder / "meta.json").read_text())["metric"].upper()
        attributes = ["TYPE", "FLOAT32", "DIM", dim, "DISTANCE_METRIC", metric, "M", 16, "EF_CONSTRUCTION", 200]
        if self.who == "ours" and compression != "default":
            attributes += ["COMPRESSION", compression]
        before, resident_before, start = self.client.memory(), resident(self.process.pid), time.time()
        self.client.call("FT.CREATE", "vidx", "ON", "HASH", "PREFIX", 1, "v:", "SCHEMA", "v", "VECTOR", "HNSW",
                         len(attributes), *attributes, "num", "NUMERIC", "cat", "TAG")
        width = 4 * dim
        for at in range(0, count, BATCH):
            self.client.pipeline([
                encode("HSET", f"v:{i}", "v", raw[8 + i * width:8 + (i + 1) * width], "num", mix(i) % 10_000,
                       "cat", f"c{tag(i)}")
                for i in range(at, min(at + BATCH, count))])
        while int(self.client.index("vidx")["num_docs"]) < count:
            time.sleep(0.2)
        seconds = time.time() - start
        time.sleep(2)
        after, info = self.client.memory(), self.client.index("vidx")
        prefix = "used_memory_off_heap_"
        parts = {name[len(prefix):]: value / count for name, value in after.items() if name.startswith(prefix)}
        out(what="server_memory", who=self.who, rows=count, seconds=seconds, raw=width,
            used=(after["used_memory"] - before["used_memory"]) / count,
            data=(sum(parts.values()) or (after["used_memory"] - before["used_memory"]) / count),
            resident=(resident(self.process.pid) - resident_before) / count,
            vectors=float(info["vector_index_sz_mb"]) * 2**20 / count, parts=parts)
        subprocess.run(["taskset", "-a", "-p", "-c", "0", str(self.process.pid)], check=True, stdout=subprocess.DEVNULL)

    def vbench(self, command, *flags):
        dialect = ["-dialect", "vset", "-index", "vs"] if self.who == "vector sets" else []
        return subprocess.run(
            ["taskset", "-c", "1", self.arguments.vbench, command, *dialect, "-addr", f"127.0.0.1:{self.port}", "-pid",
             str(self.process.pid), "-data", str(self.arguments.folder), *flags, "-json"],
            check=True, capture_output=True, text=True)

    def load_vector_set(self, out):
        before, start = self.client.memory(), time.time()
        self.vbench("load", "-quant", "Q8", "-m", "16", "-efc", "200", "-c", "1", "-p", "64")
        count = self.client.call("VCARD", "vs")
        out(what="server_memory", who=self.who, rows=count, seconds=time.time() - start,
            used=(self.client.memory()["used_memory"] - before["used_memory"]) / count)
        subprocess.run(["taskset", "-a", "-p", "-c", "0", str(self.process.pid)], check=True, stdout=subprocess.DEVNULL)

    def search(self, name, ef, seconds, warm=0.5):
        run = self.vbench("search", "-ef", str(ef), "-c", str(CONNECTIONS), "-d", str(seconds), "-warm", str(warm),
                          "-filter", FILTERS[name])
        return json.loads(run.stdout.splitlines()[-1])

    def ef_for(self, name):
        for ef in EFS:
            if self.search(name, ef, 0.5, 0.1)["recall"] >= self.arguments.recall:
                return ef
        return EFS[-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--vbench", required=True)
    parser.add_argument("--peer")
    parser.add_argument("--vector-sets")
    parser.add_argument("--compression", default="default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--recall", type=float, default=0.986)
    parser.add_argument("--port", type=int, default=7394)
    arguments = parser.parse_args()

    def out(**line):
        text = json.dumps({"set": arguments.folder.name, "compression": arguments.compression, **line})
        print(text, flush=True)
        with open(arguments.out, "a") as file:
            file.write(text + "\n")

    ours = [ROOT / "bin/nuthatch-server", "--port", str(arguments.port), "--admin-port", "0", "--save", ""]
    servers = []
    try:
        servers.append(Server("ours", ours, arguments.port, arguments))
        if arguments.peer:
            command = [*shlex.split(arguments.peer), str(arguments.port + 1)]
            servers.append(Server("RediSearch", command, arguments.port + 1, arguments))
        if arguments.vector_sets:
            command = [*shlex.split(arguments.vector_sets), str(arguments.port + 2), "--save", ""]
            servers.append(Server("vector sets", command, arguments.port + 2, arguments))
        for server in servers:
            (server.load_vector_set if server.who == "vector sets" else server.load)(out)
        for server in servers:
            server.search("none", 60, 5)  # Warms the JIT.
        for name in FILTERS:
            able = [server for server in servers if name == "none" or server.who != "vector sets"]
            efs = {server.who: server.ef_for(name) for server in able}
            for turn in range(arguments.rounds):
                for server in able:
                    ef = efs[server.who]
                    found = server.search(name, ef, arguments.seconds)
                    out(what="server", who=server.who, filter=name, round=turn, ef=ef, qps=found["qps"],
                        recall=found["recall"], p50=found["p50_ms"], p99=found["p99_ms"],
                        cpu_ms=found["server_cpu_ms_per_query"], errors=found.get("errors", 0))
    finally:
        for server in servers:
            server.process.terminate()


main()
