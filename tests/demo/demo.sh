#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: tests/demo/demo.sh BUILD_DIRECTORY      (what `make demo` runs)
set -eu
cd "$(dirname "$0")/../.."
exec .venv/bin/python tests/demo/demo.py "$1"
