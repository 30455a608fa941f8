#!/bin/sh
# Prints the path of clang-format, which `make check` holds the C sources against; everything else goes to stderr.
#
# Root on Debian gets the package when it is missing; otherwise it is named.
set -eu

say() { echo "clang-format.sh: $*" >&2; }

if ! command -v clang-format >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "please install clang-format"
    exit 1
  fi
  say "installing clang-format"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2
  apt-get install -y -qq --no-install-recommends clang-format >&2
fi
command -v clang-format
