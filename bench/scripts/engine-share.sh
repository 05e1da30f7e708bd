#!/usr/bin/env bash
# How much of the server's time in KNN searches is the engine's: where its threads spend processor time, by sampling (JFR's
# CPU-time profiler, system calls included) while 1 and then 8 connections search as fast as they can.
# usage: VBENCH=vbench bench/scripts/engine-share.sh DATASET_FOLDER [EF [SECONDS [FILTER...]]]    needs the load generator, redis-cli
# FILTER in its words, as num:0:999; without any, the searches are not filtered.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
data=${1:?a dataset folder}
ef=${2:-64}
seconds=${3:-15}
filters=("${@:4}")
[ ${#filters[@]} -gt 0 ] || filters=("")
vbench=${VBENCH:-vbench}
port=${PORT:-7393}
java=$("$root/bin/find-java" --jdk)/bin
work=$(mktemp -d)
"$root/bin/nuthatch-server" --port "$port" --admin-port 0 --save '' >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
until redis-cli -p "$port" ping 2>/dev/null | grep -q PONG; do sleep 0.1; done
"$vbench" load -addr "127.0.0.1:$port" -data "$data" -fresh -c 2 -p 32 -m 16 -efc 200 -fields num,cat >/dev/null
for filter in "${filters[@]}"; do
  for connections in 1 8; do
    search=("$vbench" search -addr "127.0.0.1:$port" -pid "$server" -data "$data" -ef "$ef" -c "$connections" -filter "$filter")
    "${search[@]}" -d 5 >/dev/null # Warms the JIT.
    "$java/jcmd" "$server" JFR.start name=share jdk.CPUTimeSample#enabled=true jdk.CPUTimeSample#throttle=2ms >/dev/null
    echo "== $connections connections, EF_RUNTIME $ef${filter:+, filter $filter}"
    "${search[@]}" -d "$seconds"
    "$java/jcmd" "$server" JFR.dump name=share "filename=$work/share.jfr" >/dev/null
    "$java/jcmd" "$server" JFR.stop name=share >/dev/null
    "$java/java" "$root/bench/src/main/java/io/nuthatch/bench/StackShares.java" "$work/share.jfr"
  done
done
