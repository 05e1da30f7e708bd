#!/usr/bin/env python3
"""Pictures of the lines that EngineBenchmark and server-bars.py wrote.

usage: plots.py OUT_FOLDER OUT.jsonl...      needs matplotlib; writes recall.svg, memory.svg, filters.svg, churn.svg
(PNG=1 in the environment writes .png instead)
"""
import json
import os
import pathlib
import sys
from collections import defaultdict

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {"hnswlib": "#777777", "NONE": "#1f77b4", "NONE, native": "#0b3d66", "SQ8": "#2ca02c", "SQ8, native": "#145214",
           "SQ4": "#e67e22", "SQ4, native": "#8a3f00"}
PARTS = {"links": "#1f77b4", "upper": "#aec7e8", "codes": "#2ca02c", "norms": "#9467bd", "states": "#8c564b",
         "scratch": "#c7c7c7"}
plt.rcParams.update({"font.size": 9, "svg.fonttype": "path", "svg.hashsalt": "nuthatch", "axes.grid": True,
                     "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False})


def colour(who):
    return COLOURS.get(who, "#8e44ad")


def panels(count, height=3.2):
    across = min(2, count)
    down = -(-count // across)
    figure, axes = plt.subplots(down, across, figsize=(4.8 * across, height * down), squeeze=False)
    flat = list(axes.flat)
    for spare in flat[count:]:
        spare.set_visible(False)
    return figure, flat


def save(figure, folder, name):
    figure.tight_layout()
    ending = "png" if os.environ.get("PNG") else "svg"
    metadata = {} if ending == "png" else {"Date": None}
    figure.savefig(folder / f"{name}.{ending}", metadata=metadata, dpi=110)
    plt.close(figure)


def middle(values):
    return sorted(values)[len(values) // 2]


def band(axes, points, label, style="-"):
    """Points of (x, y) from several rounds: the median as a line, least to most as a band."""
    groups = defaultdict(list)
    for x, y in points:
        groups[x].append(y)
    xs = sorted(groups)
    axes.plot(xs, [middle(groups[x]) for x in xs], style, marker="o", ms=3, lw=1.4, color=colour(label), label=label)
    axes.fill_between(xs, [min(groups[x]) for x in xs], [max(groups[x]) for x in xs], color=colour(label), alpha=0.15, lw=0)


def recall(groups, sets, folder):
    figure, axes = panels(len(sets))
    for panel, name in zip(axes, sets):
        for (set_, compression), lines in groups.items():
            found = [line for line in lines if line["what"] == "search"]
            if set_ != name or not found:
                continue
            middles = defaultdict(list)
            for line in found:
                middles[line["ef"]].append(line)
            band(panel, [(line["ours_recall"], line["ours_qps"]) for line in found], compression)
            points = sorted((each[0]["hnswlib_recall"], middle([l["hnswlib_qps"] for l in each])) for each in middles.values())
            panel.plot(*zip(*points), "--", lw=1, color=colour(compression), label=f"hnswlib, run of {compression}")
        panel.set(title=name, xlabel="recall@10", ylabel="searches a second, one thread", yscale="log", xlim=(0.85, 1.0))
        panel.legend(fontsize=7, loc="lower left")
    save(figure, folder, "recall")


def memory(groups, sets, folder):
    figure, axes = panels(len(sets))
    for panel, name in zip(axes, sets):
        labels, bars = [], []
        for (set_, compression), lines in groups.items():
            parts = {line["of"]: line["bytes"] for line in lines if line["what"] == "memory"}
            if set_ == name and parts and not compression.endswith(", native"):  # Kernels hold nothing.
                labels.append(compression)
                bars.append(parts)
        parts = [p for p in PARTS if any(b.get(p, 0) >= 0.5 for b in bars)]
        parts += sorted({p for b in bars for p, size in b.items() if p not in PARTS and p != "rows" and size >= 0.5})
        panel.set_ylim(-0.5, len(bars) + 0.9)  # Room for the legend.
        left = [0.0] * len(bars)
        for part in parts:
            sizes = [b.get(part, 0) for b in bars]
            panel.barh(labels, sizes, left=left, label=part, height=0.5, color=PARTS.get(part))
            left = [a + b for a, b in zip(left, sizes)]
        panel.set(title=name, xlabel="bytes a vector, without the exact row")
        panel.legend(fontsize=7, ncols=3, loc="upper right")
    save(figure, folder, "memory")


def filters(groups, sets, folder):
    figure, axes = panels(len(sets))
    for panel, name in zip(axes, sets):
        isPeerDrawn = False
        for (set_, compression), lines in groups.items():
            found = [line for line in lines if line["what"] == "filter" and line["kind"] == "RANDOM"]
            if set_ != name or not found:
                continue
            if not isPeerDrawn:
                band(panel, [(100 * l["share"], l["hnswlib_qps"]) for l in found if l["hnswlib_qps"]], "hnswlib", "--")
                isPeerDrawn = True
            band(panel, [(100 * l["share"], l["ours_qps"]) for l in found], compression)
        panel.set(title=f"{name}, recall ≥ .99", xlabel="% of the vectors that match, at random", xscale="log", yscale="log",
                  ylabel="searches a second, one thread")
        panel.legend()
    save(figure, folder, "filters")


def churn(groups, sets, folder):
    figure, axes = panels(len(sets))
    for panel, name in zip(axes, sets):
        for (set_, compression), lines in groups.items():
            found = [line for line in lines if line["what"] == "churn"]
            if set_ != name or not found:
                continue
            enough = [l["ef"] for l in found if l["round"] == 0 and l["recall"] >= 0.985]
            ef = min(enough, default=max(l["ef"] for l in found))
            found = sorted((l for l in found if l["ef"] == ef), key=lambda l: l["round"])
            rounds = [l["round"] for l in found]
            panel.plot(rounds, [l["recall"] for l in found], marker="o", ms=4, color=colour(compression),
                       label=f"{compression}, ef {ef}")
            panel.plot(rounds, [l["fresh_recall"] for l in found], "--", marker="x", ms=4, color=colour(compression),
                       label="built afresh")
        panel.set(title=name, xlabel="times that 30 % were replaced", ylabel="recall@10", xticks=[0, 1, 2, 3])
        low, high = panel.get_ylim()
        panel.set_ylim(min(low, high - 0.02), min(1.0, high + 0.002))
        panel.legend(fontsize=7)
    save(figure, folder, "churn")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    groups = defaultdict(list)
    for path in sys.argv[2:]:
        with open(path) as file:
            for text in file:
                line = json.loads(text)
                kernel = line.get("kernel", "java")
                groups[line["set"], line["compression"] + ("" if kernel == "java" else ", " + kernel)].append(line)
    groups = dict(sorted(groups.items(), key=lambda group: (group[0][0], list(COLOURS).index(group[0][1]))))
    for draw, whats in ((recall, {"search"}), (memory, {"memory"}), (filters, {"filter"}), (churn, {"churn"})):
        sets = list(dict.fromkeys(s for (s, _), lines in groups.items() if any(l["what"] in whats for l in lines)))
        if sets:
            draw(groups, sets, folder)


main()
