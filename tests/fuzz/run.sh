#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds every fuzz_*.c of this folder with clang and libFuzzer and runs each for so many seconds,
# two at a time, from the small corpus in the tree; what it finds new stays in build/fuzz.
# usage: tests/fuzz/run.sh SECONDS            (DRD_SEED=… repeats a run)
set -eu
seconds=${1:?usage: run.sh SECONDS}
cd "$(dirname "$0")/../.."
seed=${DRD_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
out=build/fuzz
compiler=${CLANG:-clang-19}
if ! command -v "$compiler" >/dev/null; then
    echo "skipped: no $compiler, so no fuzzers"
    exit 0
fi
mkdir -p "$out"
flags="-std=c17 -D_GNU_SOURCE -DDRD_VERSION=\"fuzz\" -I. -O1 -g -fsanitize=address,undefined
       -fno-sanitize-recover=all"
export seconds seed out compiler flags

# One object per source of the pure part, again only when the source or a header is newer than it.
python3 aws/model/compile.py "$out/models.new" aws/model/*.json
cmp -s "$out/models.new" "$out/models.c" || cp "$out/models.new" "$out/models.c"
objects= stale=
for source in "$out/models.c" daemon/base/*.c aws/*.c config/*.c reconcilers/*.c daemon/brain/*.c; do
    case $source in config/drd-*) continue ;; esac # a program
    object=$out/$(echo "$source" | tr / _).o
    objects="$objects $object"
    newer=$(find "$source" aws config daemon reconcilers \( -name '*.h' -o -path "$source" \) \
        -newer "$object" -print -quit 2>/dev/null || echo yes)
    [ -z "$newer" ] || stale="$stale $source"
done
export objects
[ -z "$stale" ] || printf '%s\n' $stale | xargs -P 2 -n 1 sh -c '
    "$compiler" $flags -fsanitize=fuzzer-no-link -c "$1" -o "$out/$(echo "$1" | tr / _).o"' -

# A fuzzer that ends well leaves NAME.passed.
rm -f "$out"/*.passed
ls tests/fuzz/fuzz_*.c | xargs -P 2 -n 1 sh -c '
    name=$(basename "$1" .c | sed s/^fuzz_//)
    mkdir -p "$out/$name"
    "$compiler" $flags -fsanitize=fuzzer "$1" $objects \
        $(pkg-config --libs jansson libcrypto expat) -o "$out/fuzz_$name" >"$out/$name.log" 2>&1 &&
    "$out/fuzz_$name" -max_total_time="$seconds" -seed="$seed" -max_len=4096 -timeout=10 \
        -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$out/$name-" \
        "$out/$name" "tests/fuzz/corpus/$name" >"$out/$name.log" 2>&1 &&
    touch "$out/$name.passed"' - || true

passed=0 failed=0
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c | sed 's/^fuzz_//')
    if [ -e "$out/$name.passed" ]; then
        passed=$((passed + 1))
        echo "figure: fuzz_$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$name.log") runs"
    else
        failed=$((failed + 1))
        tail -40 "$out/$name.log"
        echo "fuzz_$name failed; DRD_SEED=$seed repeats it"
    fi
done
echo "fuzzers: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
