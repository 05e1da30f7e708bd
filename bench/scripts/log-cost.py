#!/usr/bin/env python3
"""What the log costs upserts of vectors: without one, with appendfsync everysec and with always, in turns.

usage: log-cost.py [--dim 128] [--rows 20000] [--connections 64] [--pipeline 16] [--rounds 3] [--modes off,everysec,always]

Each turn is a server of its own in an empty folder, an HNSW index, and new documents over so many connections, each of which has
so many HSETs on the way. Two rates: until the last reply, and until the last vector is in the graph. Prints every turn, and for
each pair the least and the most of the rounds' ratios.
"""
import argparse
import json
import pathlib
import random
import selectors
import shutil
import socket
import tempfile
import time

from resp import encode
from restart import connect, lag, launch

MODES = {
    "off": ["--appendonly", "no"],
    "everysec": ["--appendonly", "yes", "--appendfsync", "everysec"],
    "always": ["--appendonly", "yes", "--appendfsync", "always"],
}


def send_all(port, batches, connections):
    """Sends the batches, one at a time on each connection; returns when all are answered."""
    selector = selectors.DefaultSelector()
    waiting = iter(batches)
    open_ = 0

    def begin(state):
        batch = next(waiting, None)
        if batch is None:
            return False
        state["left"] = batch[1]
        state["socket"].sendall(batch[0])
        return True

    for _ in range(connections):
        state = {"socket": socket.create_connection(("127.0.0.1", port)), "left": 0}
        if begin(state):
            selector.register(state["socket"], selectors.EVENT_READ, state)
            open_ += 1
    while open_:
        for key, _ in selector.select():
            state = key.data
            got = state["socket"].recv(1 << 16)
            if b"-" in got or not got:
                raise SystemExit(f"an error: {got[:200]}")
            state["left"] -= got.count(b"\n")
            if state["left"] == 0 and not begin(state):
                selector.unregister(state["socket"])
                state["socket"].close()
                open_ -= 1


def turn(a, mode, batches):
    folder = tempfile.mkdtemp()
    log = open(pathlib.Path(folder) / "log", "ab")
    server = launch(a.port, folder, log, "--auto-aof-rewrite-percentage", "0", *MODES[mode])
    try:
        client = connect(a.port)
        client.call("FT.CREATE", "vidx", "ON", "HASH", "PREFIX", 1, "v:", "SCHEMA", "v", "VECTOR", "HNSW", 10, "TYPE", "FLOAT32",
                    "DIM", a.dim, "DISTANCE_METRIC", "L2", "M", 16, "EF_CONSTRUCTION", 100)
        begun = time.time()
        send_all(a.port, batches, a.connections)
        answered = time.time()
        while lag(a.port) > 0:
            time.sleep(0.01)
        return {"answered_a_second": round(a.rows / (answered - begun)), "linked_a_second": round(a.rows / (time.time() - begun))}
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--pipeline", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--modes", default="off,everysec,always")
    parser.add_argument("--port", type=int, default=7392)
    a = parser.parse_args()
    chance = random.Random(7)
    pool = b"".join(b"%c%c%c\x3d" % tuple(chance.randrange(256) for _ in range(3)) for _ in range(a.rows + a.dim))
    batches = []
    for first in range(0, a.rows, a.pipeline):
        some = range(first, min(first + a.pipeline, a.rows))
        batches.append((b"".join(encode("HSET", f"v:{i}", "v", pool[4 * i:4 * (i + a.dim)]) for i in some), len(some)))
    modes = a.modes.split(",")
    rounds = []
    for _ in range(a.rounds):
        row = {mode: turn(a, mode, batches) for mode in modes}
        rounds.append(row)
        print(json.dumps(row), flush=True)
    for slower, faster, bar in (("everysec", "off", 0.85), ("always", "everysec", 0.5)):
        if slower in modes and faster in modes:
            for rate in ("answered_a_second", "linked_a_second"):
                ratios = sorted(round(row[slower][rate] / row[faster][rate], 2) for row in rounds)
                print(f"{slower} / {faster}, {rate.replace('_', ' ')}: {ratios[0]}–{ratios[-1]} (bar ≥ {bar})")


if __name__ == "__main__":
    main()
