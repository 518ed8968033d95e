#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How much of the pure part the tests reach: unit, cases, wire (also against botocore, when .venv is
# there) and 24 incidents of the simulation.
# Fails below what was reached once (docs/figures.md), less one point; the aim is 95 % of lines and
# 90 % of branches. The branch that a failed assertion takes does not count, and neither does
# generated code.
set -eu
cd "$(dirname "$0")/.."
lines=96 branches=84
build=build/coverage
[ -f $build/build.ninja ] ||
    CC=gcc meson setup $build -Db_coverage=true -Doptimization=0 >/dev/null
ninja -C $build -j 2 >/dev/null
find $build -name '*.gcda' -delete
meson test -C $build --no-rebuild --num-processes 2 --suite unit --suite cases --suite wire \
    --suite simulation >$build/tests.log || { tail -40 $build/tests.log; exit 1; }
if [ -x .venv/bin/python ]; then
    DRD_BUILD=$PWD/$build .venv/bin/python -m pytest -q -p no:cacheprovider tests/wire \
        >>$build/tests.log || { tail -40 $build/tests.log; exit 1; }
else
    echo "skipped: no .venv, so the codec is not measured against botocore"
fi
gcovr --root . --object-directory $build --exclude-branches-by-pattern '.*assert\(.*' \
    --exclude-unreachable-branches --exclude-throw-branches --exclude '.*/models\.c' \
    --filter 'aws/' --filter 'config/' --filter 'reconcilers/' --filter 'daemon/base/' \
    --filter 'daemon/brain/' --exclude 'config/drd-.*' --json-summary $build/coverage.json \
    $build >$build/coverage.txt
python3 - $build/coverage.json "$lines" "$branches" <<'END'
import json, sys
summary = json.load(open(sys.argv[1]))
for file in sorted(summary["files"], key=lambda f: f["line_percent"]):
    if file["line_percent"] < 90:
        print(f"{file['filename']}: {file['line_percent']} % of {file['line_total']} lines")
lines, branches = summary["line_percent"], summary["branch_percent"]
print(f"figure: coverage of the pure part: {lines} % of {summary['line_total']} lines, "
      f"{branches} % of {summary['branch_total']} branches")
sys.exit(lines < float(sys.argv[2]) or branches < float(sys.argv[3]))
END
