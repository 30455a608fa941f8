#!/bin/sh
# Sees to it that the named commands exist (setup.sh COMMAND...): installs their Debian packages when root,
# otherwise names the packages in one line and fails.
set -eu

packages=
for command in "$@"; do
  command -v "$command" >/dev/null && continue
  case "$command" in
    curl) packages="$packages curl ca-certificates" ;;
    xz) packages="$packages xz-utils" ;;
    cc) packages="$packages gcc libc6-dev" ;;
    *) packages="$packages $command" ;;
  esac
done
[ -n "$packages" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "setup.sh: please install:$packages" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# The names are split on purpose: they are a list.
apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends $packages >&2
