#!/bin/sh
# Compiles the native kernel: compile.sh LIBRARY. A machine without a C compiler, or with one that cannot, goes
# without: it is optional, and NativeKernelTest fails where a compiler is there and no kernel is.
library=$1
source=$(dirname "$0")/walk.c
if [ "$(uname -s)" != Linux ]; then
    echo "no native kernel: it is loaded on Linux only"
    exit 0
fi
if [ -e "$library" ] && [ ! "$source" -nt "$library" ] && [ ! "$0" -nt "$library" ]; then
    exit 0
fi
mkdir -p "$(dirname "$library")"
rm -f "$library"
for compiler in ${CC:-cc gcc clang}; do
    if command -v "$compiler" >/dev/null 2>&1; then
        # Contraction would change the last bits, which are Java's.
        if "$compiler" -std=gnu11 -O3 -fPIC -shared -ffp-contract=off -fvisibility=hidden -Wall -Wextra \
            "$source" -o "$library.new"; then
            mv "$library.new" "$library"
        else
            rm -f "$library.new"
            echo "no native kernel: $compiler failed, see above"
        fi
        exit 0
    fi
done
echo "no native kernel: there is no C compiler (cc, gcc, clang)"
