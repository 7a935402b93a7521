#!/usr/bin/env bash
# docs/gpm.md is true: every function() and file.c that it names is there, and its first program does what it should.
# usage: gpm.sh ROOT BUILD CC
set -euo pipefail
root=$1 build=$2
shift 2
page=$root/docs/gpm.md
passed=0 failed=0

ok() {
    passed=$((passed + 1))
}
bad() {
    echo "docs/gpm.md: $1" >&2
    failed=$((failed + 1))
}

# A definition or a macro: the name at the end of what comes before its parenthesis, not a call in a body.
defined() {
    grep -rqE "^(#define )?([A-Za-z_].*[ *])?$1\(" "$root/src/gpm" "$root/include/gpm.h" ||
        grep -rqE "^FUNCTION\($1\)" "$root/src/gpm/arch"
}

for name in $(grep -oE '\b[a-z_0-9]+\(\)' "$page" | tr -d '()' | sort -u); do
    [ "$name" = main ] && continue # yours
    if defined "$name"; then ok; else bad "there is no function $name()"; fi
done
for file in $(grep -oE '`[a-z_-]+\.(c|h|py)`' "$page" | tr -d '`' | sort -u); do
    if [ -e "$root/src/gpm/$file" ]; then ok; else bad "there is no file $file in src/gpm"; fi
done
for name in $(grep -oE '`(struct|enum) [a-z_]+`' "$page" | tr -d '`' | tr ' ' '.' | sort -u); do
    if grep -rqE "^${name/./ } \{" "$root/src/gpm"; then ok; else bad "there is no ${name/./ }"; fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk '/^```c$/ { on = 1; next } /^```$/ { if (on) exit } on' "$page" >"$work/squares.c"
if "$@" -std=gnu17 -Wall -Wextra -Werror -I"$root/include" "$work/squares.c" "$build/src/gpm/libgpm.a" -lpthread \
    -o "$work/squares" && [ "$("$work/squares" | tr '\n' ' ')" = "1 4 9 " ]; then ok; else bad "its first program fails"; fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
