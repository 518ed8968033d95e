#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo as a stranger meets it: in a fresh clone of this commit.
set -eu
cd "$(dirname "$0")/../.."
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone --quiet . "$clone/drd"
cd "$clone/drd"
make demo
echo "tests: 1 passed, 0 failed"
