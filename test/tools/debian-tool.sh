#!/bin/sh
# Prints the path of a command whose Debian package has its name; everything else goes to stderr.
#
#   debian-tool.sh clang-format | redis-server
#
# Root on Debian gets the package when it is missing; otherwise it is named.
set -eu

say() { echo "debian-tool.sh: $*" >&2; }

case "${1:-}" in
  clang-format | redis-server) tool=$1 ;;
  *) echo "usage: debian-tool.sh clang-format | redis-server" >&2; exit 2 ;;
esac

if ! command -v "$tool" >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "please install $tool"
    exit 1
  fi
  say "installing $tool"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2
  apt-get install -y -qq --no-install-recommends "$tool" >&2
fi
command -v "$tool"
