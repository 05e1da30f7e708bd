#!/usr/bin/env bash
# GET and SET against Redis in one run: server on core 0, redis-benchmark on core 1, 1 M keys of 16 bytes, 64-byte values,
# 50 clients, pipeline 1, 16 and 64.
# usage: getset.sh [rounds]     REDIS="command that starts redis on the port and with the options that follow it"
# (default: redis-server --port)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=${1:-2}
keys=${KEYS:-1000000}
redis=${REDIS:-redis-server --port}
nuthatch_port=7391
redis_port=7392
work=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT

taskset -c 0 "$here/../../bin/nuthatch-server" --port $nuthatch_port --admin-port 0 --save '' --io-threads 1 >"$work/nuthatch.log" 2>&1 &
pids+=($!)
taskset -c 0 bash -c "exec $redis $redis_port --save ''" >"$work/redis.log" 2>&1 &
pids+=($!)
for port in $nuthatch_port $redis_port; do
  for _ in $(seq 600); do redis-cli -p $port ping 2>/dev/null | grep -q PONG && break; sleep 0.1; done
done

run() { # name port pipeline requests operation
  taskset -c 1 redis-benchmark -p "$2" -c 50 -d 64 -r "$keys" -n "$4" -P "$3" -t "$5" --precision 3 2>/dev/null | tr '\r' '\n' |
    awk -v name="$1" -v p="$3" -v op="$5" '
      $2 == "<=" && $1 + 0 >= 50 && !p50 { p50 = $3 }
      $2 == "<=" && $1 + 0 >= 99 && !p99 { p99 = $3 }
      $2 == "<=" && $1 + 0 >= 99.9 && !p999 { p999 = $3 }
      $1 == "100.000%" { max = $3 }
      /throughput summary/ { rate = $3 }
      END { printf "%-9s %s P%-3s %9.0f req/s  p50 %6.3f  p99 %6.3f  p99.9 %6.3f  max %7.3f ms\n", name, op, p, rate, p50, p99, p999, max }'
}
fill() { # every key once, so that GET finds a value; then warm-up
  seq 0 $((keys - 1)) | awk -v v="$(printf 'x%.0s' $(seq 64))" '{ k = sprintf("key:%012d", $1); printf "*3\r\n$3\r\nSET\r\n$16\r\n%s\r\n$64\r\n%s\r\n", k, v }' |
    redis-cli -p "$1" --pipe >/dev/null
  redis-benchmark -p "$1" -c 50 -d 64 -r "$keys" -n 2000000 -P 64 -t set,get -q >/dev/null 2>&1
}
fill $nuthatch_port
fill $redis_port
for server in "nuthatch $nuthatch_port" "redis $redis_port"; do
  read -r name port <<<"$server"
  echo "$name: $(redis-cli -p "$port" dbsize) keys, $(redis-cli -p "$port" info memory | tr -d '\r' | grep -E '^used_memory:')"
done
for round in $(seq "$rounds"); do
  for shape in "1 200000" "16 1500000" "64 2500000"; do
    read -r pipeline requests <<<"$shape"
    for operation in set get; do
      run nuthatch $nuthatch_port "$pipeline" "$requests" $operation
      run redis $redis_port "$pipeline" "$requests" $operation
    done
  done
done
