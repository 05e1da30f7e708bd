#!/usr/bin/env python3
"""A 128-d set of real image descriptors: dense SIFT of the pictures of a fashion-mnist-784 folder.

usage: dense-sift.py FASHION_FOLDER OUT_FOLDER [N]      needs numpy; N defaults to 300,000

A descriptor is SIFT's (Lowe 2004): 4 x 4 cells of 4 x 4 pixels, 8 orientations, votes shared between neighbouring
orientations and weighted by a Gaussian, normalised, clipped at 0.2, normalised again, as whole numbers 0..255. Patches
of 16 x 16 pixels are taken at nine places of each picture instead of at detected points; flat ones and duplicates
are left out. Base rows come from the base pictures, 1,000 queries from pictures that are not among them. Distance is
L2; gt.ibin has the exact 100 nearest.
"""
import json
import pathlib
import sys

import numpy as np

PATCH, CELLS, BINS, K, QUERIES = 16, 4, 8, 100, 1000
PLACES = [(y, x) for y in (0, 6, 12) for x in (0, 6, 12)]
FLATTEST = 40.0  # Least length of the histogram, of pixels 0..255.


def read(path):
    with open(path, "rb") as f:
        n, dim = np.fromfile(f, "<i4", 2)
        return np.fromfile(f, "<f4").reshape(n, dim)


def write(path, rows, dtype):
    with open(path, "wb") as f:
        np.array(rows.shape, "<i4").tofile(f)
        np.ascontiguousarray(rows, dtype).tofile(f)


def descriptors(pictures):
    """Rows of 128 for the patches of n x 28 x 28 pictures."""
    padded = np.pad(pictures, ((0, 0), (1, 1), (1, 1)), mode="edge")
    dx = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    dy = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    strength = np.hypot(dx, dy)
    turn = np.arctan2(dy, dx) / (2 * np.pi) * BINS % BINS
    lower = np.floor(turn).astype(int) % BINS
    share = turn - np.floor(turn)
    votes = np.zeros((*pictures.shape, BINS), np.float32)
    np.put_along_axis(votes, lower[..., None], (strength * (1 - share))[..., None], 3)
    upper = ((lower + 1) % BINS)[..., None]
    np.put_along_axis(votes, upper, np.take_along_axis(votes, upper, 3) + (strength * share)[..., None], 3)
    ramp = np.arange(PATCH) - (PATCH - 1) / 2
    weight = np.exp(-(ramp[:, None] ** 2 + ramp[None] ** 2) / (2 * (PATCH / 2) ** 2)).astype(np.float32)
    found = []
    for y, x in PLACES:
        patch = votes[:, y:y + PATCH, x:x + PATCH] * weight[..., None]
        cells = patch.reshape(-1, CELLS, PATCH // CELLS, CELLS, PATCH // CELLS, BINS).sum((2, 4))
        found.append(cells.reshape(len(pictures), -1))
    rows = np.stack(found, 1).reshape(-1, CELLS * CELLS * BINS)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows, length = rows[length[:, 0] > FLATTEST], length[length[:, 0] > FLATTEST]
    rows = np.minimum(rows / length, 0.2)
    return np.minimum(np.rint(512 * rows / np.linalg.norm(rows, axis=1, keepdims=True)), 255).astype(np.float32)


def distinct(folder_file, random):
    pictures = read(folder_file).reshape(-1, 28, 28)
    rows = np.concatenate([descriptors(pictures[at:at + 2000]) for at in range(0, len(pictures), 2000)])
    rows = np.unique(rows.astype(np.uint8), axis=0).astype(np.float32)
    return rows[random.permutation(len(rows))]


def exact(base, queries):
    """Ids and squared distances of the nearest; sums of squares of whole numbers below 2^24 are exact in float32."""
    squares = np.einsum("ij,ij->i", base, base)
    ids, distances = [], []
    for at in range(0, len(queries), 100):
        q = queries[at:at + 100]
        d = squares[None] - 2 * (q @ base.T) + np.einsum("ij,ij->i", q, q)[:, None]
        nearest = np.argpartition(d, K, axis=1)[:, :K]
        near = np.take_along_axis(d, nearest, 1)
        order = np.lexsort((nearest, near), axis=1)
        ids.append(np.take_along_axis(nearest, order, 1))
        distances.append(np.take_along_axis(near, order, 1))
    return np.concatenate(ids), np.concatenate(distances)


def main(source, out, count):
    random = np.random.default_rng(20261121)
    base, queries = distinct(source / "base.fbin", random), distinct(source / "query10k.fbin", random)
    print(f"{len(base)} distinct descriptors of the base pictures, {len(queries)} of the others")
    base, queries = base[:count], queries[:QUERIES]
    ids, distances = exact(base, queries)
    out.mkdir(parents=True, exist_ok=True)
    write(out / "base.fbin", base, "<f4")
    write(out / "query.fbin", queries, "<f4")
    write(out / "gt.ibin", ids, "<i4")
    write(out / "gtdist.fbin", distances, "<f4")
    meta = {"name": out.name, "metric": "l2", "n": len(base), "dim": base.shape[1], "queries": len(queries), "gt_k": K,
            "source": "dense SIFT of fashion-mnist's pictures", "licence": "MIT, as the pictures"}
    (out / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 300_000)
