#!/bin/sh
# Prints the command that compiles one Rust file to a component; everything else goes to stderr.
#
# Looked for is a rustc on PATH that links for wasm32-wasip2. When it cannot yet, rustup adds the target. Prints nothing
# when there is no way, and succeeds all the same: nobody needs Rust for this project.
set -eu

target=wasm32-wasip2

say() { echo "rust-target.sh: $*" >&2; }

# Quiet unless it is the last word: the first attempt may fail for want of the target.
links() {
  folder=$(mktemp -d)
  echo 'fn main() {}' > "$folder/main.rs"
  result=0
  rustc "--target=$target" -o "$folder/main.wasm" "$folder/main.rs" >&2 || result=1
  rm -rf "$folder"
  return $result
}

if ! command -v rustc >/dev/null; then
  say "there is no rustc"
elif links 2>/dev/null; then
  echo "rustc --target=$target"
elif ! command -v rustup >/dev/null; then
  say "rustc cannot compile for $target, and there is no rustup to add that"
elif ! { say "adding $target with rustup" && timeout 180 rustup target add "$target" >&2 && links; }; then
  say "rustc cannot compile for $target, and rustup could not add that"
else
  echo "rustc --target=$target"
fi
