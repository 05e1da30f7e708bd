#!/usr/bin/env python3
"""Recall, memory and latency over the time of a churn, from the CSV that ChurnTest wrote.

usage: churn-plot.py CHURN.csv OUT.svg      needs matplotlib; an OUT that ends in .png is drawn as such
"""
import csv
import sys
from collections import defaultdict

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {"none": "#1f77b4", "sq8": "#2ca02c", "server": "#777777"}
STYLES = {"100 %": "-", "50 %": "--", "5 %": "-.", "1 %": ":"}
PARTS = ("links", "codes")  # The others are small.
plt.rcParams.update({"font.size": 9, "svg.fonttype": "path", "svg.hashsalt": "nuthatch", "axes.grid": True,
                     "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False})


def read(path):
    """The notes at its head and foot, and (seconds, values) by (of, what)."""
    notes, series = [], defaultdict(lambda: ([], []))
    with open(path) as file:
        for row in csv.reader(file):
            if row[0].startswith("#"):
                notes.append(",".join(row).lstrip("# "))
            elif row[0] != "second":
                xs, ys = series[row[1], row[2]]
                xs.append(float(row[0]))
                ys.append(float(row[3]))
    return notes, series


def main():
    notes, series = read(sys.argv[1])
    last = max(xs[-1] for xs, _ in series.values())
    unit, of_unit = ("minutes", 60) if last >= 300 else ("seconds", 1)
    figure, ((recall, latency), (index, server)) = plt.subplots(2, 2, figsize=(10.4, 6.8))

    for (of, what), (xs, ys) in series.items():
        xs = [x / of_unit for x in xs]
        if what.startswith("recall "):
            share = what.removeprefix("recall ")
            recall.plot(xs, ys, STYLES[share], lw=1.1, color=COLOURS[of], label=f"{of.upper()}, {share} match")
        elif what in ("p50 ms", "p99 ms"):
            latency.plot(xs, ys, "-" if what[1] == "9" else ":", lw=1.1, color=COLOURS[of], label=f"{of.upper()} {what[:3]}")
        elif what == "max ms":
            latency.plot(xs, ys, ".", ms=3, alpha=0.5, color=COLOURS[of], label=f"{of.upper()} longest")
        elif of != "server" and what.removesuffix(" bytes") in PARTS and max(ys) > 0:
            part = what.removesuffix(" bytes")
            index.plot(xs, [y / 2**20 for y in ys], ("--", ":")[PARTS.index(part)], lw=0.9,
                       color=COLOURS[of], alpha=0.6, label=f"{of.upper()} {part}")
        elif of != "server" and what == "bytes":
            index.plot(xs, [y / 2**20 for y in ys], lw=2, color=COLOURS[of], label=f"{of.upper()}, all of the index")
        elif of == "server" and what.startswith("bytes"):
            styles = {"bytes off heap": "-", "bytes of heap": "--", "bytes resident": ":"}
            server.plot(xs, [y / 2**20 for y in ys], styles[what], lw=1.4, color="#444444", label=what.removeprefix("bytes "))
        if (of, "fresh " + what) in series and (what == "bytes" or what == "recall 100 %"):
            fresh = series[of, "fresh " + what][1][0] / (2**20 if what == "bytes" else 1)
            (index if what == "bytes" else recall).plot(
                [xs[-1]], [fresh], "*", ms=9, color=COLOURS[of], label=f"{of.upper()} built afresh", clip_on=False)

    low = min(min(ys) for (_, what), (_, ys) in series.items() if what.startswith("recall "))
    recall.set(ylabel="recall@10 of sampled searches", ylim=(low - 0.35 * (1 - low) - 0.01, 1.003))  # Room for the legend.
    latency.set(ylabel="ms from when a search was due", yscale="log", ylim=(None, 6 * latency.get_ylim()[1]))
    index.set(ylabel="MiB of the indexes without rows", ylim=(0, 1.35 * index.get_ylim()[1]), xlabel=unit)
    server.set(ylabel="MiB of the process", ylim=(0, 1.2 * server.get_ylim()[1]), xlabel=unit)
    recall.legend(fontsize=6.5, ncols=3, loc="lower left")
    for axes in (latency, index, server):
        axes.legend(fontsize=6.5, ncols=3, loc="upper left")
    figure.suptitle("Churn: " + "\n".join(notes), fontsize=9)
    figure.tight_layout()
    figure.savefig(sys.argv[2], metadata={} if sys.argv[2].endswith(".png") else {"Date": None}, dpi=110)


main()
