#!/bin/sh
# Prints the path of a redis-server, which a test talks to; everything else goes to stderr.
#
# Root on Debian gets the package when it is missing; otherwise it is named.
set -eu

say() { echo "redis-server.sh: $*" >&2; }

if ! command -v redis-server >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "please install redis-server"
    exit 1
  fi
  say "installing redis-server"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2
  # Its own service must not start: the test runs one of its own.
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
  apt-get install -y -qq --no-install-recommends redis-server >&2 || { rm -f /usr/sbin/policy-rc.d; exit 1; }
  rm -f /usr/sbin/policy-rc.d
fi
command -v redis-server
