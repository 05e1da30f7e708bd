"""What every client of this folder does, in Python's words: the data, and the checks of each step's answer.

A tour is: connect, pipelined load, KNN, filter, range, text, delete, drop.
"""

import pathlib
import struct

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
CATEGORIES = 4
K = 10


def read(name, letter):
    """The rows of a .fbin or .ibin file as byte strings, and its row length."""
    raw = (DATA / name).read_bytes()
    n, width = struct.unpack_from("<2i", raw)
    return [raw[8 + i * width * 4 : 8 + (i + 1) * width * 4] for i in range(n)], width


ROWS, DIM = read("rows.fbin", "f")
QUERIES, _ = read("queries.fbin", "f")
TRUTH = [struct.unpack(f"<{K}i", row) for row in read("truth.ibin", "i")[0]]


def document(i):
    return {"text": f"passage number {i}", "cat": f"c{i % CATEGORIES}", "num": i, "v": ROWS[i]}


def distance(a, b):
    """Cosine distance of two rows; they have unit length."""
    a, b = struct.unpack(f"<{DIM}f", a), struct.unpack(f"<{DIM}f", b)
    return 1 - sum(x * y for x, y in zip(a, b))


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def check_knn(prefix, hits_per_query):
    """`hits_per_query`: for each query the (key, distance) pairs in the order of the reply."""
    found = 0
    for q, hits in enumerate(hits_per_query):
        distances = [d for _, d in hits]
        check(len(hits) == K, f"query {q}: {len(hits)} hits instead of {K}")
        check(distances == sorted(distances), f"query {q}: not nearest first: {distances}")
        expected = {f"{prefix}{i}" for i in TRUTH[q]}
        found += sum(key in expected for key, _ in hits)
        nearest = distance(QUERIES[q], ROWS[TRUTH[q][0]])
        check(abs(distances[0] - nearest) < 1e-5, f"query {q}: nearest at {distances[0]}, not {nearest}")
    recall = found / (K * len(hits_per_query))
    check(recall >= 0.99, f"recall {recall}")


def fifth_distance(q):
    return distance(QUERIES[q], ROWS[TRUTH[q][4]])
