#!/bin/sh
# Prints the command of a C compiler that links programs for WASI; everything else goes to stderr.
#
# Looked for in this order: $WASI_CC (a command with its options), $WASI_SDK_PATH (an unpacked wasi-sdk),
# clang on PATH with Debian's wasi-libc. When that cannot link, root on Debian gets the packages installed;
# otherwise they are named.
set -eu

packages="clang lld wasi-libc libclang-rt-dev-wasm32"

say() { echo "wasi-clang.sh: $*" >&2; }

# links COMMAND...: it turns a program into a module.
links() {
  command -v "$1" >/dev/null || return 1
  folder=$(mktemp -d)
  echo 'int main(void) { return 0; }' > "$folder/main.c"
  result=0
  "$@" "$folder/main.c" -o "$folder/main.wasm" >&2 || result=1
  rm -rf "$folder"
  return $result
}

# use COMMAND...: the last word about a compiler that the environment names.
use() {
  links "$@" || { say "cannot link a program for WASI: $*"; exit 1; }
  echo "$*"
  exit 0
}

# The command is split on purpose: it has options.
[ -z "${WASI_CC:-}" ] || use $WASI_CC
[ -z "${WASI_SDK_PATH:-}" ] || use "$WASI_SDK_PATH/bin/clang" --target=wasm32-wasip1

set -- clang --target=wasm32-wasi
if links "$@" 2>/dev/null; then
  echo "$*"
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  say "please install $packages, or name a wasi-sdk in WASI_SDK_PATH"
  exit 1
fi
say "installing $packages"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
# The names are split on purpose: they are a list.
apt-get install -y -qq --no-install-recommends $packages >&2
use "$@"
