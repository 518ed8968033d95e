#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what a target needs on Debian 12 or newer, as root or with sudo, and makes .venv.
# usage: tests/setup.sh build|test|soak      (each includes the one before it)
set -eu
cd "$(dirname "$0")/.."

build="gcc meson ninja-build pkg-config python3 python3-venv ca-certificates libcurl4-openssl-dev
  libexpat1-dev libjansson-dev libmicrohttpd-dev libsmartcols-dev libsqlite3-dev libssl-dev
  libsystemd-dev libuv1-dev check curl"
test="clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev gcovr systemd openssl"
soak="valgrind"

case "${1:-}" in
build) packages="$build" ;;
test) packages="$build $test" ;;
soak) packages="$build $test $soak" ;;
*)
    echo "usage: tests/setup.sh build|test|soak" >&2
    exit 2
    ;;
esac

missing=""
for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $package"
done
if [ -n "$missing" ]; then
    as_root=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "setup: needs root or sudo to install:$missing" >&2
            exit 1
        }
        as_root="sudo"
    fi
    echo "setup: installing$missing"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of words on purpose
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
        $missing >/dev/null
fi

wanted=$(sha256sum tests/requirements.txt | cut -d' ' -f1)
if [ "$(cat .venv/wanted 2>/dev/null)" != "$wanted" ]; then
    echo "setup: making .venv (boto3, moto, pytest)"
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
    echo "$wanted" >.venv/wanted
fi
