#!/usr/bin/env bash
# The tour of README.md with redis-cli. usage: redis-cli.sh HOST PORT PROTOCOL
# Three dimensions, so that a vector can be written in the shell as escaped bytes.
set -euo pipefail
host=$1 port=$2 protocol=$3
name=cli-$protocol
cli=(redis-cli -h "$host" -p "$port" "-$protocol")

fail() {
    echo "redis-cli: $1" >&2
    exit 1
}

# One command line, quoted as redis-cli's own prompt takes it (which reads "\x00" escapes).
ask() {
    printf '%s\n' "$1" | "${cli[@]}" --no-raw
}

expect() { # $1: command, $2: text its reply contains
    local reply
    reply=$(ask "$1")
    [[ $reply == *"$2"* ]] || fail "$1 answered: $reply"
}

[ "$("${cli[@]}" PING)" = PONG ] || fail "no PONG"
expect "FT.CREATE $name ON HASH PREFIX 1 $name: SCHEMA t TEXT g TAG n NUMERIC v VECTOR HNSW 6 TYPE FLOAT32 DIM 3 DISTANCE_METRIC L2" OK

x='\x00\x00\x80?\x00\x00\x00\x00\x00\x00\x00\x00' # 1 0 0
y='\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00\x00' # 0 1 0
near='\x00\x00\x80?\x00\x00\x00?\x00\x00\x00\x00' # 1 0.5 0
# Pipelined: --pipe sends the lines without waiting for each answer.
printf '%s\r\n' \
    "HSET $name:x t \"first one\" g a n 1 v \"$x\"" \
    "HSET $name:y t \"second one\" g b n 2 v \"$y\"" \
    "HSET $name:near t \"third one\" g a n 3 v \"$near\"" |
    "${cli[@]}" --pipe >/dev/null || fail "the pipelined load failed"

knn="PARAMS 2 q \"$x\" SORTBY d RETURN 2 d g DIALECT 2"
mapfile -t ids < <(ask "FT.SEARCH $name \"*=>[KNN 2 @v \$q AS d]\" NOCONTENT PARAMS 2 q \"$x\" SORTBY d DIALECT 2" |
    grep -o "$name:[a-z]*")
[ "${ids[*]}" = "$name:x $name:near" ] || fail "KNN found ${ids[*]}"
expect "FT.SEARCH $name \"*=>[KNN 2 @v \$q AS d]\" $knn" '"0.25"'
expect "FT.SEARCH $name \"(@g:{b} @n:[0 5])=>[KNN 1 @v \$q AS d]\" $knn" "$name:y"
expect "FT.SEARCH $name \"@v:[VECTOR_RANGE 0.3 \$q]=>{\$YIELD_DISTANCE_AS: d}\" $knn" "$name:near"
expect "FT.SEARCH $name \"@t:(third)\" NOCONTENT" "$name:near"
expect "DEL $name:x" "(integer) 1"
expect "FT.SEARCH $name \"*=>[KNN 1 @v \$q AS d]\" $knn" "$name:near"
expect "FT.DROPINDEX $name DD" OK
expect "EXISTS $name:y" "(integer) 0"
expect "FT.SEARCH $name *" "no such index"
echo "$("${cli[@]}" --version), RESP$protocol"
