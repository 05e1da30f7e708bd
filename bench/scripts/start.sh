#!/usr/bin/env bash
# Milliseconds from the launch to the first PONG of a built server, and CPU time until then, RUNS times on the cores CORES
# (a list as taskset takes it; all when unset).
# usage: [CORES=0] bench/scripts/start.sh [RUNS [PORT]]; needs redis-cli. NUTHATCH_JAVA_OPTS=-XX:+UseZGC compares collectors.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
runs=${1:-5}
port=${2:-7999}
NUTHATCH_BUILD=${NUTHATCH_BUILD:-yes} "$root/bin/nuthatch-server" --build
for _ in $(seq "$runs"); do
    began=${EPOCHREALTIME//[!0-9]/}
    NUTHATCH_BUILD=no taskset -c "${CORES:-0-$(($(nproc) - 1))}" "$root/bin/nuthatch-server" --port "$port" --save '' >/dev/null 2>&1 &
    server=$!
    until redis-cli -p "$port" ping 2>/dev/null | grep -q PONG; do :; done
    ended=${EPOCHREALTIME//[!0-9]/}
    read -r -a stat < <(sed 's/.*) //' "/proc/$server/stat")
    echo "PONG after $(((ended - began) / 1000)) ms, $(((stat[11] + stat[12]) * 10)) ms of CPU"
    kill "$server"
    wait "$server" || true
done
