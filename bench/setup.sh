#!/bin/sh
# Makes the machine ready for the benchmarks: a C compiler for the load generator, the native rivals (libuv, and
# gRPC's EventEngine in C++), compiled into build/bench/, and the npm packages of bench/vs.
#
# Only the C compiler is a must. A rival that cannot be had is named with the packages that it wants, and its arms
# are left out. Nothing is done twice: what is already there and newer than its source stays.
# usage: bench/setup.sh [--native]    (--native installs neither gRPC, which is large, nor the npm packages)
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/bench
native_only=${1:-}

say() { echo "bench/setup.sh: $*" >&2; }

# has COMPILER LANGUAGE HEADER
has() {
  command -v "$1" >/dev/null 2>&1 && echo "#include <$3>" | "$1" -x "$2" -E -o /dev/null - 2>/dev/null
}

# install WHAT PACKAGE...: false when this user or this system cannot.
install() {
  what=$1
  shift
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing $*"
    apt-get update -qq >&2 &&
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 && return
  fi
  say "$what needs these Debian packages: $*"
  return 1
}

# compile SOURCE PROGRAM COMPILER FLAG...
compile() {
  source=$1 program=$2 compiler=$3
  shift 3
  [ -x "$program" ] && [ "$program" -nt "$source" ] && return
  "$compiler" -O2 -Wall -Wextra -Werror -o "$program.new" "$source" "$@"
  mv "$program.new" "$program"
}

has cc c stdio.h || install "the load generator" gcc libc6-dev || exit 1
compile bench/load.c build/bench/load cc -std=gnu11

if has cc c uv.h || install "the rival libuv" libuv1-dev; then
  for name in echo timers; do
    compile bench/vs/libuv-$name.c build/bench/libuv-$name cc -std=gnu11 -luv
  done
fi

grpc_header=grpc/event_engine/event_engine.h
[ "$native_only" = --native ] || has c++ c++ $grpc_header ||
  install "the rival gRPC" g++ libgrpc++-dev || true
if has c++ c++ $grpc_header; then
  compile bench/vs/grpc-event-engine.cc build/bench/grpc-event-engine c++ -std=c++17 -lgrpc -lgpr
fi

[ "$native_only" = --native ] && exit 0
if [ ! -e bench/vs/node_modules/.package-lock.json ] ||
  [ bench/vs/package-lock.json -nt bench/vs/node_modules/.package-lock.json ]; then
  npm install --no-save --prefix bench/vs --loglevel=error >&2
  touch bench/vs/node_modules/.package-lock.json
fi
