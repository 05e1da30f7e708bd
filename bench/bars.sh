#!/usr/bin/env bash
# The table of bars, least to most over several rounds: the engine beside hnswlib, the server beside RediSearch and vector
# sets. Goes on where an earlier run into the same OUT stopped, and prints the table of what is there.
#
# usage: bench/bars.sh OUT [options] DATASET_FOLDER...        an idle machine with 2 cores; see --quick and --table
#   --hnswlib FOLDER         hnswlib's sources (with hnswlib/hnswlib.h in them); g++ compiles the peer from it
#   --compression A,B        what to measure of NONE, SQ8, SQ4; default all
#   --kernels java,native    which kernels walk; default java, and native where the build made it
#   --what A,B               parts; default all that have their peer:
#                              build search filters churn     the engine (io.nuthatch.bench.EngineBenchmark)
#                              server mixed                   the server (server-bars.py): searches, memory; p99 beside upserts
#   --vbench FILE            the load generator for vector servers, which server and mixed need
#   --peer COMMAND           starts Redis with RediSearch on the port that follows it
#   --vector-sets COMMAND    starts a Redis with vector sets so (for sets by cosine)
#   --rounds N               default 3
#   --quick                  two rounds, fewer points, smaller builds and churn: a third of the time
#   --again A,B              measures these parts anew
#   --table                  measures nothing: the table and the pictures of what OUT has
# Writes OUT/SET-COMPRESSION-KERNEL.jsonl, OUT/table.md and, where $PYTHON (python3) has matplotlib, OUT/plots. EFS="…" is
# the engine's list of ef. hnswlib's graphs are kept in OUT, or in CACHE=FOLDER. WRAP="…" goes before each measuring command.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
fail() { echo "bars.sh: $*" >&2; exit 2; }
out=${1:?usage: bench/bars.sh OUT [options] DATASET_FOLDER...   (the head of the file says which)}
case $out in -*) fail "the first argument is the folder for the results" ;; esac
out=$(mkdir -p "$out" && cd "$out" && pwd)
shift
compressions=NONE,SQ8,SQ4
kernels=
what=
rounds=
hnswlib= vbench= peer= vector_sets= again= quick= table= failed=
folders=()
while [ $# -gt 0 ]; do
  case $1 in
    --hnswlib) hnswlib=$2; shift 2 ;;
    --compression) compressions=$2; shift 2 ;;
    --kernels) kernels=$2; shift 2 ;;
    --what) what=$2; shift 2 ;;
    --vbench) vbench=$2; shift 2 ;;
    --peer) peer=$2; shift 2 ;;
    --vector-sets) vector_sets=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    --again) again=$2; shift 2 ;;
    --quick) quick=yes; shift ;;
    --table) table=yes; shift ;;
    --*) fail "unknown option: $1" ;;
    *) folders+=("$1"); shift ;;
  esac
done
python=${PYTHON:-python3}

# --- What is there -----------------------------------------------------------------------------------------------------

has() { case ",$2," in *",$1,"*) true ;; *) false ;; esac; }
if [ -z "$table" ]; then
  [ ${#folders[@]} -gt 0 ] || fail "name at least one folder of a data set"
  for folder in "${folders[@]}"; do
    for file in base.fbin query.fbin gt.ibin meta.json; do
      [ -r "$folder/$file" ] || fail "$folder has no $file; it should be a folder of a data set"
    done
  done
  if [ -z "$what" ]; then
    what=build,search,filters,churn
    [ -z "$vbench" ] || what=$what,server,mixed
  fi
  for part in ${what//,/ } ${again//,/ }; do
    has "$part" build,search,filters,churn,server,mixed || fail "there is no part $part"
  done
  if [ -n "$hnswlib" ]; then
    [ -r "$hnswlib/hnswlib/hnswlib.h" ] || fail "no hnswlib/hnswlib.h in $hnswlib"
    command -v g++ >/dev/null || fail "g++ is needed for hnswlib"
  elif has build "$what" || has search "$what" || has filters "$what"; then
    echo "bars.sh: without --hnswlib nothing is compared with it" >&2
  fi
  if has server "$what" || has mixed "$what"; then
    [ -x "$vbench" ] || fail "the parts server and mixed need --vbench FILE"
    command -v taskset >/dev/null || fail "taskset is needed for the part server"
    for command in "$peer" "$vector_sets"; do
      [ -z "$command" ] || command -v "${command%% *}" >/dev/null || fail "cannot run ${command%% *}"
    done
    [ -n "$peer" ] || echo "bars.sh: without --peer the server is not compared with RediSearch" >&2
  fi
  java=$("$root/bin/find-java" --jdk)/bin/java
  if [ "${NUTHATCH_BUILD:-yes}" != no ]; then
    "$root/bin/nuthatch-server" --build
    (cd "$root" && mvn -q -B -ntp -Dquick -DskipTests -pl bench -am package)
  fi
  if [ -z "$kernels" ]; then
    kernels=java
    [ -z "$(find "$root/engine/target/classes" -name '*.so' 2>/dev/null)" ] || kernels=java,native
  fi
  options=()
  if [ -n "$hnswlib" ]; then
    g++ -O3 -march=native -pthread -I "$hnswlib" "$root/bench/src/main/cpp/hnswlib_peer.cpp" -o "$out/hnswlib_peer"
    options+=(--peer "$out/hnswlib_peer")
  fi
  server_options=()
  if [ -n "$quick" ]; then
    : "${rounds:=2}"
    options+=(--build-rows 20000 --churn-rows 30000 --random-shares 0.001,0.01,0.1,0.5,1 --other-shares 0.01,0.1,0.3)
    server_options+=(--seconds 1.5 --mixed-seconds 5)
    : "${EFS:=10,15,20,30,40,60,90,140,220}"
  fi
  : "${rounds:=3}"
fi

# --- Measurements ------------------------------------------------------------------------------------------------------

is_done() { grep -qs "\"part\": \"$2\", \"what\": \"done\"" "$1"; }
forget() { # file part: drops what it has of the part
  [ ! -e "$1" ] || { grep -v "\"part\": \"$2\"," "$1" >"$1.kept" || true; mv "$1.kept" "$1"; }
}
# Seconds that a part took here, rounds 3, for 20,000 x 384-d; other sets in proportion to components. Nothing better is known before.
expected() { # part components
  local of
  case $1 in build) of=50 ;; search) of=35 ;; filters) of=130 ;; churn) of=60 ;; server) of=130 ;; mixed) of=70 ;; esac
  [ -z "$quick" ] || of=$((of / 2))
  echo $((of * (4 * $2 / 7680000 + 4) / 8))
}
minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

if [ -z "$table" ]; then
  todo=() left=0
  for folder in "${folders[@]}"; do
    components=$(od -An -t d4 -N 8 "$folder/base.fbin" | awk '{print $1 * $2}')
    for compression in ${compressions//,/ }; do
      for kernel in ${kernels//,/ }; do
        file=$out/$(basename "$folder")-$compression-$kernel.jsonl
        for part in ${again//,/ }; do forget "$file" "$part"; done
        [ "$compression $kernel" != "NONE native" ] || continue # C code walks by codes only.
        for side in build,search,filters,churn server,mixed; do # One process each, which builds once for all of its parts.
          parts= cost=0
          for part in ${side//,/ }; do
            has "$part" "$what" && ! is_done "$file" "$part" || continue
            parts=${parts:+$parts,}$part
            cost=$((cost + $(expected "$part" "$components")))
          done
          [ -z "$parts" ] || { todo+=("$parts $compression $kernel $cost $folder") left=$((left + cost)); }
        done
      done
    done
  done
  echo "bars.sh: ${#todo[@]} runs, some $(minutes $left) minutes; what $out has already is left out"
  for number in "${!todo[@]}"; do
    read -r parts compression kernel cost folder <<<"${todo[$number]}"
    name=$(basename "$folder")
    file=$out/$name-$compression-$kernel.jsonl
    echo "== $((number + 1)) of ${#todo[@]}: $name, $compression, $kernel: $parts (some $(minutes "$cost"), of $(minutes $left) that are left)"
    left=$((left - cost))
    start=$SECONDS
    status=0
    native=
    [ "$kernel" = native ] || native=-Dnuthatch.native=off
    case $parts in
      *server* | *mixed*)
        ${WRAP:-} "$python" "$root/bench/scripts/server-bars.py" "$folder" "$file" --vbench "$vbench" \
          --compression "$compression" --kernel "$kernel" --what "$parts" --rounds "$rounds" ${native:+--java="$native"} \
          ${peer:+--peer "$peer"} ${vector_sets:+--vector-sets "$vector_sets"} ${server_options[@]+"${server_options[@]}"} || status=$?
        ;;
      *)
        ${WRAP:-} "$java" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
          --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -Xmx4g $native \
          -cp "$root/bench/target/classes:$root/engine/target/classes:$root/server/target/lib/*" \
          io.nuthatch.bench.EngineBenchmark "$folder" "$file" --compression "$compression" --kernel "$kernel" \
          --what "$parts" --rounds "$rounds" --cache "${CACHE:-$out}" ${options[@]+"${options[@]}"} ${EFS:+--ef "$EFS"} || status=$?
        ;;
    esac
    if [ $status = 0 ]; then
      echo "== took $(minutes $((SECONDS - start)))"
    else
      echo "== FAILED with $status: $name, $compression, $kernel: $parts; the same command tries again" >&2
      failed=yes
    fi
  done
fi

# --- What came out -----------------------------------------------------------------------------------------------------

ls "$out"/*.jsonl >/dev/null 2>&1 || fail "nothing was measured into $out yet"
"$python" "$root/bench/scripts/table.py" "$out"/*.jsonl | tee "$out/table.md"
if "$python" -c 'import matplotlib' 2>/dev/null; then
  "$python" "$root/bench/scripts/plots.py" "$out/plots" "$out"/*.jsonl && echo "pictures: $out/plots" >&2
else
  echo "bars.sh: no pictures, as $python has no matplotlib (PYTHON=… names another)" >&2
fi
[ -z "$failed" ] || fail "not everything was measured, see FAILED above"
