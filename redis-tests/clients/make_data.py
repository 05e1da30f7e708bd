#!/usr/bin/env python3
"""Makes clients/data from a vbench dataset: rows.fbin, queries.fbin and truth.ibin.

usage: make_data.py DATASET_FOLDER

The vectors are the first rows and queries of the dataset (MiniLM sentence embeddings, unit length, Apache-2.0 model);
the truth is the brute-force order by cosine distance over the rows taken. Needs numpy.
"""

import pathlib
import sys

import numpy as np

ROWS, QUERIES, K = 256, 8, 10


def read_fbin(path):
    raw = path.read_bytes()
    n, dim = np.frombuffer(raw[:8], "<i4")
    return np.frombuffer(raw[8:], "<f4").reshape(n, dim)


def write(path, array):
    path.write_bytes(np.array(array.shape, "<i4").tobytes() + array.tobytes())


def main():
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(__file__).parent / "data"
    rows = read_fbin(source / "base.fbin")[:ROWS]
    queries = read_fbin(source / "query.fbin")[:QUERIES]
    truth = np.argsort(1 - queries @ rows.T, axis=1, kind="stable")[:, :K].astype("<i4")
    write(target / "rows.fbin", rows)
    write(target / "queries.fbin", queries)
    write(target / "truth.ibin", truth)


if __name__ == "__main__":
    main()
