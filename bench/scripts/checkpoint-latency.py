#!/usr/bin/env python3
"""What clients feel of a checkpoint: searches and upserts at a steady rate, quiet and while a BGSAVE runs.

usage: checkpoint-latency.py FOLDER --data DIR [--searches 100] [--upserts 100] [--seconds 10] [--rounds 3] [--plot FILE.svg]

A third client asks for nothing and only sleeps: where it is late by 10 ms or more the machine itself stood still, as virtual
ones do, more so while their disk is written to. "calm" leaves out what was due within a tenth of a second of that.

DIR is what restart.py --data left: the server begins with a copy of it. An upsert gives a document the vector of another row. Both kinds are sent by their own clock and not when the last
one was answered, and timed from when they were due, so that a pause counts for all that it held up. Prints the 50th, 99th and
largest of each kind in ms, and the server's resident memory at its most, for each quiet stretch and the checkpoint behind it.
"""
import argparse
import json
import pathlib
import random
import shutil
import tempfile
import threading
import time

from resp import resident
from restart import Vectors, connect, launch


class Load(threading.Thread):
    """Does something every `1 / rate` seconds and notes when it was due and how long it took."""

    def __init__(self, rate, work):
        super().__init__(daemon=True)
        self.rate, self.work = rate, work
        self.times = []
        self.is_over = False

    def run(self):
        begun = time.perf_counter()
        i = 0
        while not self.is_over:
            due = begun + i / self.rate
            wait = due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            self.work(i)
            self.times.append((due, (time.perf_counter() - due) * 1000))
            i += 1


def quantiles(times, start=0, end=float("inf")):
    within = sorted(ms for due, ms in times if start <= due < end)
    return [round(x, 2) for x in (within[len(within) // 2], within[len(within) * 99 // 100], within[-1])] if within else None


def draw(path, loads, stretches, name):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(len(loads), 1, sharex=True, figsize=(9, 7))
    start = stretches[0][0]
    for axis, (kind, load) in zip(axes, loads.items()):
        axis.scatter([due - start for due, _ in load.times], [ms for _, ms in load.times], s=3, linewidths=0, rasterized=True)
        for i, (_, begun, ended) in enumerate(stretches):
            axis.axvspan(begun - start, ended - start, color="tab:orange", alpha=0.2, label=None if i else "checkpoint")
        axis.set_yscale("log")
        axis.set_ylabel(f"{kind}, ms")
        axis.grid(alpha=0.3)
    axes[0].legend(loc="upper right")
    axes[0].set_title(f"Latency through checkpoints, {name}")
    axes[-1].set_xlabel("s")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--searches", type=float, default=100)
    parser.add_argument("--upserts", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--port", type=int, default=7398)
    parser.add_argument("--plot", type=pathlib.Path)
    a = parser.parse_args()
    vectors = Vectors(a.folder, a.rows)
    chance = random.Random(7)
    folder = pathlib.Path(tempfile.mkdtemp())
    shutil.copytree(a.data / "checkpoints", folder / "checkpoints")
    log = open(folder / "log", "ab")
    server = launch(a.port, str(folder), log)
    try:
        client = connect(a.port)
        searcher, writer = connect(a.port), connect(a.port)
        some = lambda: chance.randrange(vectors.count)
        loads = {
            "searches": Load(a.searches, lambda i: searcher.pipeline([vectors.search(i % 1000, 50)])),
            "upserts": Load(a.upserts, lambda i: writer.pipeline([vectors.hset(some(), some())])),
            "nothing": Load(200, lambda i: None),
        }
        for load in loads.values():
            load.start()
        peak = [0]

        is_over = threading.Event()

        def watch():
            while not is_over.is_set():
                peak[0] = max(peak[0], resident(server.pid))
                time.sleep(0.02)

        threading.Thread(target=watch, daemon=True).start()
        time.sleep(a.seconds)  # What the JVM compiles first is nobody's affair here.
        stretches, rows = [], []
        for _ in range(a.rounds):
            peak[0] = 0
            quiet = time.perf_counter()
            time.sleep(a.seconds)
            quiet_peak, peak[0] = peak[0], 0
            begun = time.perf_counter()
            client.call("BGSAVE")
            while b"rdb_bgsave_in_progress:1" in client.call("INFO", "persistence"):
                time.sleep(0.05)
            ended = time.perf_counter()
            stretches.append((quiet, begun, ended))
            row = {"seconds": round(ended - begun, 2), "resident_mb": [quiet_peak >> 20, peak[0] >> 20]}
            for kind, load in loads.items():
                row[kind] = {"quiet": quantiles(load.times, quiet, begun), "saving": quantiles(load.times, begun, ended)}
            rows.append(row)
            print(json.dumps(row), flush=True)
        stood_still = [due for due, ms in loads["nothing"].times if ms > 10]
        together = {}
        for kind, load in loads.items():
            calm = [t for t in load.times if all(abs(t[0] - at) > 0.1 for at in stood_still)]
            for name, times in (("", load.times), (", calm", calm)):
                quiet = [t for t in times if any(q <= t[0] < b for q, b, _ in stretches)]
                saving = [t for t in times if any(b <= t[0] < e for _, b, e in stretches)]
                together[kind + name] = {
                    "quiet": quantiles(quiet), "saving": quantiles(saving), "samples": [len(quiet), len(saving)]}
        print(json.dumps({"together": together}), flush=True)
        time.sleep(2)
        is_over.set()
        for load in loads.values():
            load.is_over = True
            load.join(5)
        if a.plot:
            draw(a.plot, loads, stretches, f"{vectors.count} × {vectors.dim}")
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder)


main()
