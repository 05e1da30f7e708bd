#!/usr/bin/env python3
"""Searches through the server beside RediSearch and vector sets: the same client, each server on core 0, 8 connections,
in turns.

usage: server-bars.py FOLDER OUT.jsonl --vbench VBENCH [--peer START_SEARCH] [--vector-sets START_REDIS]
                      [--what server,mixed] [--compression NAME] [--kernel NAME] [--java OPTION] [--rounds 3] [--seconds 2]
                      [--mixed-seconds 10] [--recall 0.986] [--port 7394]

VBENCH is the load generator; START_SEARCH and START_REDIS are commands that take a port and run Redis in the foreground,
with RediSearch, and with vector sets (cosine only, 8-bit codes, no filters here). Loads one HASH a vector with a NUMERIC
and a TAG. `server` measures without a filter and with NUMERIC ones of 0.1, 1, 10 and 50 %, each side at the least
EF_RUNTIME that reaches the recall. `mixed` measures the latency of a steady rate of searches, alone and beside 1,000
upserts a second that give documents other vectors, with all cores for everybody. Parts that OUT has are left out. Needs
taskset.
"""
import argparse
import json
import os
import pathlib
import random
import shlex
import struct
import subprocess
import sys
import threading
import time

from resp import Client, encode, resident

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILTERS = {"none": "", "0.1 %": "num:0:9", "1 %": "num:0:99", "10 %": "num:0:999", "50 %": "num:0:4999"}
EFS = (10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400, 600, 800)
CONNECTIONS = 8
BATCH = 256
UPSERT_RATE = 1000  # A second.
SEARCH_RATE = 300
SEARCH_EF = 60  # Of the mixed part.
MASK = 2**64 - 1
ALL_CORES = ",".join(map(str, sorted(os.sched_getaffinity(0))))


def mix(x):
    """The load generator's: which number and tag a row has."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
    return x ^ x >> 31


def tag(row):
    bits = mix(row ^ 0xC0FFEE) | 1 << 9
    return min(9, (bits & -bits).bit_length() - 1)


class Upserts(threading.Thread):
    """Other vectors for documents at random, at a steady rate, until told to stop."""

    def __init__(self, port, raw, count, width):
        super().__init__(daemon=True)
        self.client, self.raw, self.count, self.width = Client(port), raw, count, width
        self.isDone, self.written = False, 0

    def run(self):
        chance, group = random.Random(1), 5
        due = time.monotonic()
        while not self.isDone:
            pause = due - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            due += group / UPSERT_RATE
            at = [chance.randrange(self.count) * self.width + 8 for _ in range(group)]
            replies = self.client.pipeline([
                encode("HSET", f"v:{chance.randrange(self.count)}", "v", self.raw[i:i + self.width]) for i in at])
            self.written += len(replies)

    def stop(self):
        self.isDone = True
        self.join()


class Server:
    def __init__(self, who, command, port, arguments):
        self.who, self.port, self.arguments = who, port, arguments
        environment = dict(os.environ)
        if who == "ours" and arguments.java:
            environment["JAVA_TOOL_OPTIONS"] = arguments.java
        self.process = subprocess.Popen([*command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        for _ in range(600):
            if self.process.poll() is not None:
                sys.exit(f"{who} ended with {self.process.returncode}: {shlex.join(map(str, command))}")
            try:
                self.client = Client(port)
                self.client.call("PING")
                return
            except (OSError, RuntimeError, IndexError):
                time.sleep(0.2)
        sys.exit(f"{who} does not answer on port {port}: {shlex.join(map(str, command))}")

    def pin(self, cores):
        subprocess.run(["taskset", "-a", "-p", "-c", cores, str(self.process.pid)], check=True, stdout=subprocess.DEVNULL)

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

    def vbench(self, command, *flags, cores="1"):
        dialect = ["-dialect", "vset", "-index", "vs"] if self.who == "vector sets" else []
        return subprocess.run(
            ["taskset", "-c", cores, self.arguments.vbench, command, *dialect, "-addr", f"127.0.0.1:{self.port}", "-pid",
             str(self.process.pid), "-data", str(self.arguments.folder), *flags, "-json"],
            check=True, capture_output=True, text=True)

    def load_vector_set(self, out):
        before, start = self.client.memory(), time.time()
        self.vbench("load", "-quant", "Q8", "-m", "16", "-efc", "200", "-c", "1", "-p", "64")
        count = self.client.call("VCARD", "vs")
        out(what="server_memory", who=self.who, rows=count, seconds=time.time() - start,
            used=(self.client.memory()["used_memory"] - before["used_memory"]) / count)

    def search(self, name, ef, seconds, warm=0.5):
        run = self.vbench("search", "-ef", str(ef), "-c", str(CONNECTIONS), "-d", str(seconds), "-warm", str(warm),
                          "-filter", FILTERS[name])
        return json.loads(run.stdout.splitlines()[-1])

    def mixed(self, seconds):
        """Latencies of searches at a steady rate, on all cores."""
        run = self.vbench("mixed", "-ef", str(SEARCH_EF), "-c", str(CONNECTIONS), "-rate", str(SEARCH_RATE), "-wrate", "0",
                          "-d", str(seconds), "-warm", "1", cores=ALL_CORES)
        return json.loads(run.stdout.splitlines()[-1])

    def ef_for(self, name):
        for ef in EFS:
            if self.search(name, ef, 0.5, 0.1)["recall"] >= self.arguments.recall:
                return ef
        return EFS[-1]


def measure_searches(servers, arguments, out):
    for server in servers:
        server.pin(ALL_CORES)  # The JIT's threads would wait behind the searches that need it.
        cost = float("inf")
        for _ in range(8):  # Until a search costs what it did before.
            last, cost = cost, server.search("none", 60, 2)["server_cpu_ms_per_query"]
            if cost > 0.9 * last:
                break
        server.pin("0")
    for name in FILTERS:
        able = [server for server in servers if name == "none" or server.who != "vector sets"]
        efs = {server.who: server.ef_for(name) for server in able}
        for server in able:
            server.search(name, efs[server.who], 1)
        for turn in range(arguments.rounds):
            for server in able:
                ef = efs[server.who]
                found = server.search(name, ef, arguments.seconds)
                out(what="server", who=server.who, filter=name, round=turn, ef=ef, qps=found["qps"],
                    recall=found["recall"], p50=found["p50_ms"], p99=found["p99_ms"],
                    cpu_ms=found["server_cpu_ms_per_query"], errors=found.get("errors", 0))


def measure_mixed(servers, arguments, out):
    raw = (arguments.folder / "base.fbin").read_bytes()
    count, dim = struct.unpack("<ii", raw[:8])
    servers = [server for server in servers if server.who != "vector sets"]
    for server in servers:
        server.pin(ALL_CORES)
        upserts = Upserts(server.port, raw, count, 4 * dim)  # Not measured: the first changes meet cold code.
        upserts.start()
        server.mixed(arguments.mixed_seconds)
        upserts.stop()
    for turn in range(arguments.rounds):
        for server in servers:
            time.sleep(1)
            alone = server.mixed(arguments.mixed_seconds)
            upserts, start = Upserts(server.port, raw, count, 4 * dim), time.monotonic()
            upserts.start()
            beside = server.mixed(arguments.mixed_seconds)
            upserts.stop()
            out(what="mixed", who=server.who, round=turn, rate=SEARCH_RATE, ef=SEARCH_EF,
                upserts=upserts.written / (time.monotonic() - start),
                **{f"{name}_{side}": found[f"{name}_ms"] for side, found in (("alone", alone), ("beside", beside))
                   for name in ("p50", "p99", "max")})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--vbench", required=True)
    parser.add_argument("--peer")
    parser.add_argument("--vector-sets")
    parser.add_argument("--what", default="server,mixed")
    parser.add_argument("--compression", default="default")
    parser.add_argument("--kernel", default="java")
    parser.add_argument("--java", help="an option for our JVM")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--mixed-seconds", type=float, default=10)
    parser.add_argument("--recall", type=float, default=0.986)
    parser.add_argument("--port", type=int, default=7394)
    arguments = parser.parse_args()

    kept = []
    if arguments.out.exists():
        lines = [(json.loads(text), text) for text in arguments.out.read_text().splitlines()]
        done = {line["part"] for line, _ in lines if line["what"] == "done"}
        kept = [text for line, text in lines if line["part"] in done]
    else:
        done = set()
    parts = [part for part in arguments.what.split(",") if part not in done]
    if not parts:
        return
    arguments.out.write_text("".join(text + "\n" for text in kept))  # Without what an interrupted run left.
    part = None

    def out(**line):
        text = json.dumps({"set": arguments.folder.name, "compression": arguments.compression, "kernel": arguments.kernel,
                           "part": part, **line})
        print(text, flush=True)
        with open(arguments.out, "a") as file:
            file.write(text + "\n")

    port = arguments.port
    metric = json.loads((arguments.folder / "meta.json").read_text())["metric"]
    servers = []
    try:
        command = [str(ROOT / "bin/nuthatch-server"), "--port", str(port), "--admin-port", "0", "--save", ""]
        servers.append(Server("ours", command, port, arguments))
        if arguments.peer:
            servers.append(Server("RediSearch", [*shlex.split(arguments.peer), str(port + 1)], port + 1, arguments))
        if arguments.vector_sets and metric == "cosine":
            command = [*shlex.split(arguments.vector_sets), str(port + 2), "--save", ""]
            servers.append(Server("vector sets", command, port + 2, arguments))
        part = parts[0]
        for server in servers:
            (server.load_vector_set if server.who == "vector sets" else server.load)(out)
        for part in parts:
            (measure_searches if part == "server" else measure_mixed)(servers, arguments, out)
            out(what="done")
    finally:
        for server in servers:
            server.process.terminate()
        for server in servers:
            server.process.wait()


main()
