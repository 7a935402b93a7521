#!/usr/bin/env bash
# The gdb commands on a live program: a parked G is listed, and its backtrace leads through the switch to where it began.
# usage: gdb.sh PROGRAM SCRIPT
set -euo pipefail
program=$1 script=$2

if ! command -v gdb >/dev/null; then
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
output=$(gdb -q -batch -nx -ex 'set debuginfod enabled off' -ex 'set breakpoint pending on' -ex "source $script" \
    -ex 'break here_we_are' -ex run -ex 'gpm gs' -ex 'gpm ps' -ex 'gpm bt 2' "$program" 2>&1 </dev/null) || true
for wanted in 'worker  *waiting  *park' '^P0 ' 'deep_in_worker' 'gpm_entry'; do
    if ! grep -q "$wanted" <<<"$output"; then
        printf '%s\nnot in it: %s\n0 passed, 1 failed\n' "$output" "$wanted"
        exit 1
    fi
done
echo "1 passed, 0 failed"
