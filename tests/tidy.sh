#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over the sources named, or over all of ours; each source is a test.
# usage: tests/tidy.sh [FILE.c...]
set -eu
cd "$(dirname "$0")/.."
[ -f build/clang/compile_commands.json ] || {
    CC=clang-19 meson setup build/clang -Dwerror=true >/dev/null
}
ninja -C build/clang aws/model/models.c >/dev/null
[ $# -gt 0 ] || set -- $(git ls-files '*.c')

# One run a source, two at a time; what a run says stays together, and a failed one leaves its name.
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
printf '%s\n' "$@" | xargs -P 2 -n 1 sh -c '
    name=$(echo "$2" | tr / _)
    clang-tidy-19 --quiet -p build/clang "$2" >"$1/$name" 2>"$1/$name.stderr" ||
        { cat "$1/$name.stderr" >>"$1/$name"; mv "$1/$name" "$1/$name.failed"; }' - "$said" || true

failed=0
for output in "$said"/*.failed; do
    [ -e "$output" ] || continue
    failed=$((failed + 1))
    grep -v -e 'warnings\? generated' -e 'warnings\? treated as error' "$output" || true
done
echo "tests: $(($# - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
