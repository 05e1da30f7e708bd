#!/usr/bin/env python3
"""Whether an index is built without a pause in service: one client loads it over the wire while others PING and search.

usage: build-pauses.py PORT [--rows 1000000] [--dim 128] [--compression SQ8] [--pipeline 64] [--searches 20] [--seconds S]

Loads generated vectors (a thousand clusters) into a server that listens on PORT already; --seconds ends the load early. PING goes
out 20 times a second, a KNN search `--searches` times, each by its own process and clock and timed from when it was due. A fourth
process asks for nothing and only sleeps: what it is late by is the machine's doing. Prints the load's rate and, for each of them,
median, p99, p99.9 and the longest in ms, and the longest where the sleeper was not late by 5 ms within a tenth of a second.
"""
import argparse
import bisect
import multiprocessing
import time

import numpy

from resp import Client, encode


def vectors(dim, seed, count, centers=1000):
    middle = numpy.random.default_rng(1).standard_normal((centers, dim), dtype=numpy.float32)
    chance = numpy.random.default_rng(seed)
    return middle[chance.integers(centers, size=count)] + 0.5 * chance.standard_normal((count, dim), dtype=numpy.float32)


def ask(kind, port, dim, rate, is_over, out):
    client = None if kind == "nothing" else Client(port)
    queries = [v.tobytes() for v in vectors(dim, 99, 500)] if kind == "search" else [b""]
    times = []
    begun = time.monotonic()
    i = 0
    while not is_over.is_set():
        due = begun + i / rate
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        if kind == "PING":
            client.call("PING")
        elif kind == "search":
            client.call("FT.SEARCH", "idx", "*=>[KNN 10 @v $b]", "NOCONTENT", "PARAMS", 2, "b", queries[i % len(queries)])
        times.append((due, (time.monotonic() - due) * 1000))
        i += 1
    out.put((kind, times))


def load(port, a):
    client = Client(port)
    begun = time.monotonic()
    sent = 0
    while sent < a.rows and (not a.seconds or time.monotonic() - begun < a.seconds):
        count = min(a.rows - sent, 2048)
        block = vectors(a.dim, sent, count)
        for at in range(0, count, a.pipeline):
            end = min(count, at + a.pipeline)
            client.pipeline([encode("HSET", f"d:{sent + i}", "v", block[i].tobytes()) for i in range(at, end)])
        sent += count
    return sent, time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--compression", default="SQ8")
    parser.add_argument("--pipeline", type=int, default=64)
    parser.add_argument("--searches", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=0)
    a = parser.parse_args()
    Client(a.port).call("FT.CREATE", "idx", "PREFIX", 1, "d:", "SCHEMA", "v", "VECTOR", "HNSW", 8, "TYPE", "FLOAT32", "DIM", a.dim,
                        "DISTANCE_METRIC", "L2", "COMPRESSION", a.compression)
    is_over, out = multiprocessing.Event(), multiprocessing.Queue()
    rates = {"nothing": 200, "PING": 20, "search": a.searches}
    askers = [multiprocessing.Process(target=ask, args=(kind, a.port, a.dim, rate, is_over, out)) for kind, rate in rates.items()]
    for asker in askers:
        asker.start()
    sent, took = load(a.port, a)
    is_over.set()
    times = dict(out.get() for _ in askers)
    for asker in askers:
        asker.join()
    print(f"{sent} x {a.dim}, {a.compression}: {took:.0f} s, {sent / took:.0f} a second")
    late = [due for due, ms in times["nothing"] if ms >= 5]
    for kind in rates:
        sorted_ms = sorted(ms for _, ms in times[kind])
        calm = [(ms, due) for due, ms in times[kind]
                if bisect.bisect_left(late, due - 0.1) == bisect.bisect_right(late, due + ms / 1000 + 0.1)]
        at = lambda share: sorted_ms[min(len(sorted_ms) - 1, int(len(sorted_ms) * share))]
        print(f"{kind:8} {len(sorted_ms)}: {at(.5):.2f} {at(.99):.2f} {at(.999):.2f} {sorted_ms[-1]:.1f}, calm {max(calm, default=(float('nan'), 0))[0]:.1f} of"
              f" {len(calm)}, longest after {max((ms, due) for due, ms in times[kind])[1] - times[kind][0][0]:.1f} s")


if __name__ == "__main__":
    main()
