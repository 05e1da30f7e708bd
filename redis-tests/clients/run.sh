#!/usr/bin/env bash
# Runs the clients of this folder against a server. usage: run.sh HOST PORT [CLIENT ...]
# CLIENT is one of redis-cli redis-py valkey-glide frameworks go-redis node-redis; all of them when none is named. Each prints
# "ok", "skipped" with what is missing, or "FAILED" with its output; the exit status is the number of failures.
# A client's libraries are fetched into $NUTHATCH_CLIENTS_DIR (default: a folder of the user's cache) and kept there.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
host=$1 port=$2
shift 2
clients=("$@")
[ ${#clients[@]} -gt 0 ] || clients=(redis-cli redis-py valkey-glide frameworks go-redis node-redis)
cache=${NUTHATCH_CLIENTS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/nuthatch-clients}
mkdir -p "$cache"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failures=0

# A tool or a library that cannot be had is a skip and no failure.
skip() {
    echo "skipped $client: $1"
    return 0
}

run() { # runs "$@" within two minutes and reports
    if timeout 120 "$@" >"$log" 2>&1; then
        tail -2 "$log" | grep -v '^Error executing' | sed "s/^/ok $client: /"
    else
        echo "FAILED $client: $*"
        cat "$log"
        failures=$((failures + 1))
    fi
}

# A virtual environment with the pinned requirements; made anew when they change.
venv() { # $1: requirements file; prints the folder
    local stamp folder
    stamp=$(sha256sum "python/$1" | cut -c1-16)
    folder=$cache/venv-$stamp
    if [ ! -e "$folder/complete" ]; then
        rm -rf "$folder"
        python3 -m venv "$folder" >&2 && "$folder/bin/pip" -q install -r "python/$1" >&2 && touch "$folder/complete"
    fi
    [ -e "$folder/complete" ] && echo "$folder"
}

for client in "${clients[@]}"; do
    case $client in
        redis-cli)
            command -v redis-cli >/dev/null || { skip "no redis-cli on the path"; continue; }
            for protocol in 2 3; do run bash redis-cli.sh "$host" "$port" "$protocol"; done
            ;;
        redis-py)
            command -v python3 >/dev/null || { skip "no python3 on the path"; continue; }
            env=$(venv requirements.txt 2>"$log") || { skip "its libraries cannot be installed: $(tail -1 "$log")"; continue; }
            for protocol in 2 3; do run "$env/bin/python" python/redis_py.py "$host" "$port" "$protocol"; done
            ;;
        valkey-glide)
            command -v python3 >/dev/null || { skip "no python3 on the path"; continue; }
            env=$(venv requirements-glide.txt 2>"$log") || { skip "its libraries cannot be installed: $(tail -1 "$log")"; continue; }
            for protocol in 2 3; do run "$env/bin/python" python/valkey_glide.py "$host" "$port" "$protocol"; done
            ;;
        frameworks)
            command -v python3 >/dev/null || { skip "no python3 on the path"; continue; }
            env=$(venv requirements-frameworks.txt 2>"$log") || { skip "its libraries cannot be installed: $(tail -1 "$log")"; continue; }
            run "$env/bin/python" -W ignore python/frameworks.py "$host" "$port"
            ;;
        go-redis)
            command -v go >/dev/null || { skip "no go on the path"; continue; }
            (cd go && CGO_ENABLED=0 go build -o "$cache/go-tour" .) >"$log" 2>&1 || { skip "cannot be built: $(tail -1 "$log")"; continue; }
            for protocol in 2 3; do run "$cache/go-tour" "$host:$port" "$protocol" data; done
            ;;
        node-redis)
            command -v npm >/dev/null || { skip "no npm on the path"; continue; }
            mkdir -p "$cache/node/node" "$cache/node/data"
            cp node/package.json node/package-lock.json node/tour.mjs "$cache/node/node/"
            cp data/* "$cache/node/data/"
            (cd "$cache/node/node" && npm ci --no-fund --no-audit --loglevel=error) >"$log" 2>&1 || { skip "cannot be installed: $(tail -1 "$log")"; continue; }
            for protocol in 2 3; do run node "$cache/node/node/tour.mjs" "$host" "$port" "$protocol"; done
            ;;
        *)
            echo "no client named $client" >&2
            exit 2
            ;;
    esac
done
exit "$failures"
