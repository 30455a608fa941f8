#!/bin/sh
# Prints the path of a Wasmtime CLI that runs components with sockets; everything else goes to stderr.
#
# Looked for in this order: $WASMTIME, PATH, our cache folder. When there is none it is put into the cache
# folder, by cargo when the Rust tool chain is new enough, otherwise by Wasmtime's own installer. A lock and
# a final rename see to it that it is never built twice and never found half finished.
set -eu

version=48.0.8     # A long-term support line, and the newest that this Rust can build.
major_min=24       # Older command lines cannot give a component the network.
rust_minor_min=95  # rustc 1.95 is what this version asks for.
features=run,cranelift,component-model,parallel-compilation
cache="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-event-engine"
home="$cache/wasmtime-$version"

say() { echo "wasmtime.sh: $*" >&2; }

# usable FILE: it runs, and its version line says that it is new enough.
usable() {
  line=$("$1" --version 2>/dev/null) || return 1
  major=$(printf '%s\n' "$line" | sed -n 's/^wasmtime[a-z-]* \([0-9][0-9]*\)\..*/\1/p')
  [ -n "$major" ] && [ "$major" -ge "$major_min" ]
}

rust_is_new_enough() {
  command -v cargo >/dev/null && command -v rustc >/dev/null || return 1
  minor=$(rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9][0-9]*\)\..*/\1/p')
  [ -n "$minor" ] && [ "$minor" -ge "$rust_minor_min" ]
}

by_cargo() {
  say "building the Wasmtime CLI $version with cargo, once; about 9 minutes on 2 cores"
  CARGO_TARGET_DIR="$1/target" cargo install wasmtime-cli --version "$version" --locked --root "$1" \
    --no-default-features --features "$features" >&2 || return 1
  rm -rf "$1/target"
}

# The installer adds lines to a shell profile: it gets a throw-away one.
by_installer() {
  say "fetching the Wasmtime CLI $version with its own installer"
  sh "$(dirname "$0")/setup.sh" bash curl xz >&2 || return 1
  curl -sSf --max-time 60 https://wasmtime.dev/install.sh -o "$1/install.sh" || return 1
  : > "$1/profile"
  export WASMTIME_HOME="$1" PROFILE="$1/profile"
  bash "$1/install.sh" --version "v$version" >&2 || return 1
  rm -f "$1/install.sh" "$1/profile"
}

provide() {
  new=$(mktemp -d "$cache/wasmtime-new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  trap 'exit 130' INT TERM
  if ! { rust_is_new_enough && by_cargo "$new" && usable "$new/bin/wasmtime"; }; then
    if ! { by_installer "$new" && usable "$new/bin/wasmtime"; }; then
      say "found no Wasmtime CLI of version $major_min or newer, and could neither build nor fetch one;"
      say "install it from https://wasmtime.dev and put it on PATH, or name it in WASMTIME"
      exit 1
    fi
  fi
  rm -rf "$home"
  mv "$new" "$home"
}

if [ -n "${WASMTIME:-}" ]; then
  usable "$WASMTIME" || { say "WASMTIME=$WASMTIME is not Wasmtime $major_min or newer"; exit 1; }
  command -v "$WASMTIME"
  exit 0
fi
if command -v wasmtime >/dev/null && usable wasmtime; then
  command -v wasmtime
  exit 0
fi
if ! usable "$home/bin/wasmtime"; then
  mkdir -p "$cache"
  exec 9>"$cache/wasmtime.lock"
  flock 9
  usable "$home/bin/wasmtime" || provide
fi
echo "$home/bin/wasmtime"
