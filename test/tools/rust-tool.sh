#!/bin/sh
# Prints the path of a tool of the component model that is had through cargo; everything else goes to stderr.
# usage: test/tools/rust-tool.sh wac | wit-bindgen
#
# Looked for in this order: $WAC or $WIT_BINDGEN, PATH (the version below only, because what the tools write
# differs between versions), our cache folder; otherwise cargo builds it into the cache folder. A lock and a
# final rename see to it that it is never built twice and never found half finished.
set -eu

tool=${1:-}
case "$tool" in
  wac)
    version=0.12.0 features= duration="2 minutes" named=${WAC:-} variable=WAC ;;
  wit-bindgen)
    version=0.63.0 features=c duration="2 minutes" named=${WIT_BINDGEN:-} variable=WIT_BINDGEN ;;
  *)
    echo "usage: rust-tool.sh wac | wit-bindgen" >&2
    exit 2 ;;
esac
cache="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-event-engine"
home="$cache/$tool-$version"

say() { echo "rust-tool.sh: $*" >&2; }
usable() { [ "$("$1" --version 2>/dev/null)" = "$tool-cli $version" ]; }

provide() {
  new=$(mktemp -d "$cache/$tool-new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  trap 'exit 130' INT TERM
  say "building $tool $version with cargo, once; about $duration on 2 cores"
  if ! CARGO_TARGET_DIR="$new/target" cargo install "$tool-cli" --version "$version" --locked --root "$new" \
      --no-default-features --features "$features" >&2 || ! usable "$new/bin/$tool"; then
    say "could not build it; name a $tool $version in $variable or put it on PATH"
    exit 1
  fi
  rm -rf "$new/target" "$home"
  mv "$new" "$home"
}

if [ -n "$named" ]; then
  "$named" --version >/dev/null || { say "$variable=$named does not run"; exit 1; }
  command -v "$named"
  exit 0
fi
if usable "$tool"; then
  command -v "$tool"
  exit 0
fi
if ! usable "$home/bin/$tool"; then
  mkdir -p "$cache"
  exec 9>"$cache/$tool.lock"
  flock 9
  usable "$home/bin/$tool" || provide
fi
echo "$home/bin/$tool"
