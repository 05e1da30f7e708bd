#!/usr/bin/env bash
# The table of bars, least to most over several rounds: the engine beside hnswlib, the server beside RediSearch.
#
# usage: bench/bars.sh OUT --hnswlib SOURCES DATASET_FOLDER...
#   --hnswlib FOLDER         hnswlib's sources (with hnswlib/hnswlib.h in them); g++ compiles the peer from it
#   --compression A,B        what to measure of NONE, SQ8, SQ4; default all
#   --what build,search,filters,churn    the engine's scenarios; default all, "" for none
#   --vbench FILE            the load generator for vector servers, for the server's part; left out without it
#   --peer COMMAND           starts Redis with RediSearch on the port that follows it
#   --vector-sets COMMAND    starts a Redis with vector sets so
#   --rounds N               default 3
# Appends to OUT/SET-COMPRESSION.jsonl, and writes OUT/table.md and, where python3 has matplotlib, OUT/plots. An idle
# machine with 2 cores takes some 15 minutes a dataset. EFS="…" is the engine's list of ef.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$(mkdir -p "${1:?usage: bench/bars.sh OUT --hnswlib SOURCES DATASET_FOLDER...}" && cd "$1" && pwd)
shift
compressions=NONE,SQ8,SQ4
what=build,search,filters,churn
rounds=3
hnswlib=
vbench=
peer=
vector_sets=
folders=()
while [ $# -gt 0 ]; do
  case $1 in
    --hnswlib) hnswlib=$2; shift 2 ;;
    --compression) compressions=$2; shift 2 ;;
    --what) what=$2; shift 2 ;;
    --vbench) vbench=$2; shift 2 ;;
    --peer) peer=$2; shift 2 ;;
    --vector-sets) vector_sets=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    --*) echo "unknown option: $1" >&2; exit 2 ;;
    *) folders+=("$1"); shift ;;
  esac
done
java=$("$root/bin/find-java" --jdk)/bin/java
if [ "${NUTHATCH_BUILD:-yes}" != no ]; then
  "$root/bin/nuthatch-server" --build
  (cd "$root" && mvn -q -B -ntp -Dquick -DskipTests -pl bench -am package)
fi
options=()
if [ -n "$hnswlib" ]; then
  g++ -O3 -march=native -pthread -I "$hnswlib" "$root/bench/src/main/cpp/hnswlib_peer.cpp" -o "$out/hnswlib_peer"
  options+=(--peer "$out/hnswlib_peer")
fi
for folder in "${folders[@]}"; do
  for compression in ${compressions//,/ }; do
    lines=$out/$(basename "$folder")-$compression.jsonl
    if [ -n "$what" ]; then
      "$java" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        -XX:+UseSerialGC -Xmx4g -cp "$root/bench/target/classes:$root/engine/target/classes:$root/server/target/lib/*" \
        io.nuthatch.bench.EngineBenchmark "$folder" "$lines" --compression "$compression" --what "$what" --rounds "$rounds" \
        --cache "$out" ${options[@]+"${options[@]}"} ${EFS:+--ef "$EFS"}
    fi
    if [ -n "$vbench" ]; then
      "$root/bench/scripts/server-bars.py" "$folder" "$lines" --vbench "$vbench" --compression "$compression" \
        --rounds "$rounds" ${peer:+--peer "$peer"} ${vector_sets:+--vector-sets "$vector_sets"}
    fi
  done
done
"$root/bench/scripts/table.py" "$out"/*.jsonl | tee "$out/table.md"
python3 -c 'import matplotlib' 2>/dev/null && python3 "$root/bench/scripts/plots.py" "$out/plots" "$out"/*.jsonl
