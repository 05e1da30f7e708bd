"""hnswlib at the other end of a pipe, for io.nuthatch.bench.HnswlibComparison.

Commands on stdin, one a line; one line of JSON answers each:
  build N M EFC THREADS   builds on the first N rows; {"seconds", "cpu"}
  search EF K ROUNDS      runs all queries ROUNDS times, one thread; {"best": CPU seconds of the best round, "recall"}
"""
import json
import sys
import time

import hnswlib
import numpy as np


def read(path, dtype):
    with open(path, "rb") as f:
        rows, cols = np.fromfile(f, dtype="<i4", count=2)
        return np.fromfile(f, dtype=dtype).reshape(rows, cols)


def main(folder, space):
    base = read(folder + "/base.fbin", "<f4")
    query = read(folder + "/query.fbin", "<f4")
    truth = read(folder + "/gt.ibin", "<i4")
    index = None
    for line in sys.stdin:
        command, *args = line.split()
        args = [int(a) for a in args]
        if command == "build":
            n, m, efc, threads = args
            index = hnswlib.Index(space=space, dim=base.shape[1])
            index.init_index(max_elements=n, M=m, ef_construction=efc)
            wall, cpu = time.perf_counter(), time.process_time()
            index.add_items(base[:n], num_threads=threads)
            answer = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        elif command == "search":
            ef, k, rounds = args
            index.set_ef(ef)
            best = 1e9
            for _ in range(rounds):
                cpu = time.process_time()
                labels, _ = index.knn_query(query, k=k, num_threads=1)
                best = min(best, time.process_time() - cpu)
            hits = sum(len(set(a) & set(b)) for a, b in zip(labels.tolist(), truth[:, :k].tolist()))
            answer = {"best": best, "recall": hits / (k * len(query))}
        print(json.dumps(answer), flush=True)


main(*sys.argv[1:])
