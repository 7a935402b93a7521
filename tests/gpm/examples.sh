#!/usr/bin/env bash
# The example programs of libgpm do what they say. usage: examples.sh DIR
set -uo pipefail
dir=$1 passed=0 failed=0

check() { # NAME EXPECTED ACTUAL
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: expected "%s", got "%s"\n' "$1" "$2" "$3"
    fi
}

check "the sieve finds primes" "2 3 5 7 11 13 17 19 23 29" "$("$dir/sieve" 10 | xargs)"
check "the sum is pi" "pi is about 3.141592" "$("$dir/sum" 3000000)"

coproc server { exec "$dir/echo" 127.0.0.1:0; }
trap 'kill "$server_PID" 2>/dev/null' EXIT
if read -r -t 20 _ _ address <&"${server[0]}"; then
    exec 3<>"/dev/tcp/${address%:*}/${address##*:}" 4<>"/dev/tcp/${address%:*}/${address##*:}"
    echo "good day" >&4
    echo "hello" >&3
    read -r -t 20 first <&3
    read -r -t 20 second <&4
fi
check "the server echoes one guest" "hello" "${first-}"
check "and the other" "good day" "${second-}"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
