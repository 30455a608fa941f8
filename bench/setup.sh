#!/bin/sh
# Makes the machine ready for the benchmarks: a C compiler for the load generator and Debian's libuv for
# the native rival, then compiles both into build/bench/, and installs the npm packages of bench/vs.
#
# Nothing is done twice: what is already there and newer than its source stays.
# usage: bench/setup.sh [--native]    (--native leaves the npm packages out)
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/bench

has_libuv() {
  echo '#include <uv.h>' | cc -E -o /dev/null - 2>/dev/null
}

missing=""
command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
command -v cc >/dev/null 2>&1 && has_libuv || missing="$missing libuv1-dev"
if [ -n "$missing" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "bench/setup.sh: these Debian packages are missing, install them first:$missing" >&2
    exit 1
  fi
  echo "bench/setup.sh: installing$missing" >&2
  apt-get update -qq >&2
  # shellcheck disable=SC2086  # The list is meant to be split into words.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
fi

compile() { # compile SOURCE PROGRAM [LIBRARY]
  [ -x "$2" ] && [ "$2" -nt "$1" ] && return
  cc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$2.new" "$1" ${3:-}
  mv "$2.new" "$2"
}
compile bench/load.c build/bench/load
compile bench/vs/libuv-echo.c build/bench/libuv-echo -luv

[ "${1:-}" = --native ] && exit 0
if [ ! -e bench/vs/node_modules/.package-lock.json ] ||
  [ bench/vs/package-lock.json -nt bench/vs/node_modules/.package-lock.json ]; then
  npm install --no-save --prefix bench/vs --loglevel=error >&2
  touch bench/vs/node_modules/.package-lock.json
fi
