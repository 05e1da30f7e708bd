#!/usr/bin/env python3
"""The table of bars from the lines that EngineBenchmark and server-bars.py wrote.

usage: table.py OUT.jsonl...

A ratio is taken inside a round, of ours to the peer's; the table shows least and most of the rounds. QPS at a recall is
read off between the two nearest points of a round's curve, in log QPS.
"""
import json
import math
import sys
from collections import defaultdict

# By kernel and dimension: engine's QPS x hnswlib's; index bytes a vector / RediSearch's.
QPS_BAR = {"java": {784: 2.2, 384: 2.2, 100: 2.0, 128: 1.5}, "native": {784: 3.5, 384: 4.5, 100: 2.7}}
BUILD_BAR = {"java": 2, "native": 3.5}
BYTES_BAR = {784: 0.42, 384: 0.42, 100: 0.5, 128: 0.5}
SERVER_BAR = {"none": 2.2, "0.1 %": 1.0, "1 %": 1.5, "10 %": 8.0, "50 %": 4.0}
FILTER_BAR = {0.01: 20.0, 0.1: 4.0, 0.5: 1.5}
NOT_INDEX = {"rows", "records", "tables", "directory", "free_blocks", "large_tables", "large_values", "postings", "sortables"}


def dimension(name):
    return next((int(word) for word in name.split("-") if word.isdigit() and int(word) in BYTES_BAR), 0)


def at_recall(points, recall):
    """QPS at a recall, of (recall, QPS) pairs; None where the curve does not reach it."""
    points = sorted(points)
    for (low, slow), (high, fast) in zip(points, points[1:]):
        if low <= recall <= high and high > low:
            share = (recall - low) / (high - low)
            return math.exp(math.log(slow) * (1 - share) + math.log(fast) * share)
    return None


def span(values, form="{:.2f}"):
    values = [v for v in values if v is not None]
    if not values:
        return "not between the points measured"
    low, high = form.format(min(values)), form.format(max(values))
    return low if low == high else f"{low}–{high}"


def row(*cells):
    print("| " + " | ".join(str(c) for c in cells) + " |")


def verdict(values, bar, is_most=False):
    """Holds when every round does."""
    values = [v for v in values if v is not None]
    if not values or bar is None:
        return ""
    return "holds" if (max(values) <= bar if is_most else min(values) >= bar) else "missed"


def by_round(lines):
    rounds = defaultdict(list)
    for line in lines:
        rounds[line["round"]].append(line)
    return [rounds[key] for key in sorted(rounds)]


def label_of(name, compression, kernel):
    return f"{name}, {compression}" + (f", {kernel}" if kernel != "java" else "")


def sweep(filters):
    """Speed at a share of matches over the slower neighbour's on the sweep, the least of all shares and rounds."""
    ratios = []
    shares = sorted(share for (kind, share), lines in filters.items() if kind == "RANDOM" and lines)
    for round_ in range(min((len(filters["RANDOM", share]) for share in shares), default=0)):
        speeds = [filters["RANDOM", share][round_]["ours_qps"] for share in shares]
        ratios += [speeds[i] / min(speeds[i - 1], speeds[i + 1]) for i in range(1, len(speeds) - 1)]
    return ratios


def engine(name, compression, kernel, lines):
    def of(what):
        return [line for line in lines if line["what"] == what]

    label = label_of(name, compression, kernel)
    for recall in (0.95, 0.99):
        ratios = []
        for points in by_round(of("search")):
            ours = at_recall([(p["ours_recall"], p["ours_qps"]) for p in points], recall)
            theirs = at_recall([(p["hnswlib_recall"], p["hnswlib_qps"]) for p in points], recall)
            ratios.append(ours / theirs if ours and theirs else None)
        if ratios:
            bar = QPS_BAR[kernel].get(dimension(name))
            row(label, f"QPS at recall {recall}, x hnswlib", f"≥ {bar}" if bar else "", span(ratios), verdict(ratios, bar))
    builds = defaultdict(dict)
    for line in of("build"):
        builds[line["round"]][line["who"], line["threads"]] = line
    one = [b["hnswlib", 1]["cpu"] / b["ours", 1]["cpu"] for b in builds.values() if ("hnswlib", 1) in b]
    two = [b["ours", 1]["seconds"] / b["ours", 2]["seconds"] for b in builds.values() if ("ours", 2) in b]
    if one:
        row(label, "build, 1 thread, processor time, x hnswlib", f"≥ {BUILD_BAR[kernel]}", span(one),
            verdict(one, BUILD_BAR[kernel]))
    if two:
        row(label, "build, 2 threads, wall time, x 1 thread", "≥ 1.85", span(two), verdict(two, 1.85))
    filters = defaultdict(list)
    for line in of("filter"):
        filters[line["kind"], line["share"]].append(line)
    for share, bar in FILTER_BAR.items():
        measured = [f for f in filters["RANDOM", share] if f["hnswlib_qps"]]
        ratios = [f["ours_qps"] / f["hnswlib_qps"] for f in measured]
        if ratios:
            recall = min(f["ours_recall"] for f in measured)
            row(label, f"random filter {share:.0%}, x hnswlib (recall {recall:.3f}, hnswlib {measured[0]['hnswlib_recall']:.3f})",
                f"≥ {bar:g}", span(ratios), verdict(ratios, bar))
    ratios = sweep(filters)
    if ratios:
        row(label, "speed at a share of random matches, x the slower neighbour's on the sweep", "≥ 0.5", span(ratios),
            verdict(ratios, 0.5))
    for kind in ("NEAR", "FAR", "ANTI"):
        found = [(f, share) for (k, share), list_ in filters.items() if k == kind for f in list_]
        if found:
            slower = [f["scan_qps"] / f["ours_qps"] for f, _ in found]
            recall = min(f["ours_recall"] for f, _ in found)
            row(label, f"{kind.lower()} filters of 1–30 %: time x an exact scan's, all of them (least recall {recall:.3f})",
                "≤ 1.7, .99", span(slower), "missed" if max(slower) > 1.7 or recall < 0.99 else "holds")
    churn = [line for line in of("churn") if line["round"] == 3]
    if churn:
        lost = [line["fresh_recall"] - line["recall"] for line in churn if line["fresh_recall"] >= 0.9]
        row(label, "recall lost by 3 x 30 % churn, by ef", "≤ 0.002", span(lost, "{:+.4f}"), verdict(lost, 0.002, True))
        grown = [line["bytes"] / line["fresh_bytes"] for line in churn]
        row(label, "bytes after churn, x fresh", "", span(grown), "")


def server(name, compression, kernel, lines, peers):
    ours = [line for line in lines if line["who"] == "ours"]
    theirs = [line for line in lines if line["who"] == "RediSearch"] or [x for x in peers if x["who"] == "RediSearch"]
    label = label_of(name, compression, kernel)
    for filter_, bar in SERVER_BAR.items():
        mine = [x for x in ours if x["what"] == "server" and x["filter"] == filter_]
        other = [x for x in theirs if x["what"] == "server" and x["filter"] == filter_]
        if not mine or not other:
            continue
        for what, ratios in (
            ("QPS", [a["qps"] / b["qps"] for a, b in zip(mine, other)]),
            ("searches a CPU second", [b["cpu_ms"] / a["cpu_ms"] for a, b in zip(mine, other)]),
        ):
            recall = f"recall {min(x['recall'] for x in mine):.3f}, {min(x['recall'] for x in other):.3f}"
            row(label, f"server, filter {filter_}: {what} x RediSearch ({recall})", f"≥ {bar:g}", span(ratios), verdict(ratios, bar))
    sets = [x for x in lines + peers if x["who"] == "vector sets" and x["what"] == "server"]
    mine = [x for x in ours if x["what"] == "server" and x["filter"] == "none"]
    if sets and mine:
        ratios = [a["qps"] / b["qps"] for a, b in zip(mine, sets)]
        recall = f"recall {min(x['recall'] for x in mine):.3f}, {min(x['recall'] for x in sets):.3f}"
        row(label, f"server: QPS x vector sets with 8-bit codes ({recall})", "", span(ratios), "")
    for who, lines_ in (("", ours), (" (RediSearch's own)", theirs)):
        ratios = [x["p99_beside"] / x["p99_alone"] for x in lines_ if x["what"] == "mixed"]
        if ratios and any(x["what"] == "mixed" for x in ours):
            middle = sorted((x["p99_alone"], x["p99_beside"]) for x in lines_ if x["what"] == "mixed")[len(ratios) // 2]
            what = f"p99 of searches beside 1,000 upserts a second, x alone ({middle[0]:.1f} ms, {middle[1]:.1f} ms){who}"
            row(label, what, "" if who else "≤ 1.5", span(ratios), "" if who else verdict(ratios, 1.5, True))
    mine = [x for x in ours if x["what"] == "server_memory"]
    other = [x for x in theirs if x["what"] == "server_memory"]
    if mine and other:
        mine, other = mine[-1], other[-1]
        index = sum(size for part, size in mine["parts"].items() if part not in NOT_INDEX)
        raw = other["raw"]
        bar = BYTES_BAR.get(dimension(name))
        row(label, f"bytes of the index without the row: {index:.0f} of RediSearch's {other['vectors']:.0f}", f"≤ {bar}",
            f"{index / other['vectors']:.2f}", verdict([index / other["vectors"]], bar, True))
        row(label, f"bytes of a HASH document, off the heap: {mine['data']:.0f} of {other['used']:.0f} (raw {raw})", "≤ 0.55",
            f"{mine['data'] / other['used']:.2f}", verdict([mine["data"] / other["used"]], 0.55, True))
        row(label, f"the same, used_memory with the Java heap: {mine['used']:.0f} of {other['used']:.0f}", "",
            f"{mine['used'] / other['used']:.2f}", "")


def main():
    groups = defaultdict(list)
    for path in sys.argv[1:]:
        with open(path) as file:
            for text in file:
                line = json.loads(text)
                groups[line["set"], line["compression"], line.get("kernel", "java")].append(line)
    row("set, compression", "what", "bar", "least–most of the rounds", "")
    row("---", "---", "---", "---", "---")
    groups = dict(sorted(groups.items(), key=lambda group: group[0]))
    for (name, compression, kernel), group in groups.items():
        engine(name, compression, kernel, group)
    for (name, compression, kernel), group in groups.items():
        lines = [x for x in group if x["what"].startswith(("server", "mixed"))]
        peers = [x for (n, _, _), g in groups.items() if n == name for x in g if x.get("who") in ("RediSearch", "vector sets")]
        server(name, compression, kernel, lines, peers)


main()
