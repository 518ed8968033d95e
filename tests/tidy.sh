#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over the sources named, or over all of ours.
# usage: tests/tidy.sh [FILE.c...]
set -eu
cd "$(dirname "$0")/.."
[ -f build/clang/compile_commands.json ] || {
    CC=clang-19 meson setup build/clang -Dwerror=true >/dev/null
}
ninja -C build/clang aws/model/models.c >/dev/null
[ $# -gt 0 ] || set -- $(git ls-files 'aws/*.c' 'config/*.c' 'reconcilers/*.c' 'daemon/*.c')
printf '%s\n' "$@" | xargs -P 2 -n 4 clang-tidy-19 --quiet -p build/clang 2>/dev/null
echo "tests: $# passed, 0 failed"
