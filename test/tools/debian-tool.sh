#!/bin/sh
# Prints the path of a command that Debian has a package of; everything else goes to stderr.
#
#   debian-tool.sh COMMAND
#
# Root on Debian gets the package when it is missing; otherwise it is named. What a package brings is for the tests to
# start: no service of the system starts because of us.
set -eu

say() { echo "debian-tool.sh: $*" >&2; }

known="clang-format redis-server nginx named knotd unbound dnsmasq chromium firefox-esr WebKitWebDriver Xvfb"
tool=${1:-}
case "$tool" in
  clang-format | redis-server | unbound | chromium | firefox-esr) package=$tool ;;
  nginx) package=nginx-light ;;
  named) package=bind9 ;;
  knotd) package=knot ;;
  dnsmasq) package=dnsmasq-base ;;
  WebKitWebDriver) package=webkit2gtk-driver ;;
  Xvfb) package=xvfb ;;
  *) say "which? one of $known"; exit 2 ;;
esac

# Debian's scripts ask this file before they start a service; 101 forbids it.
policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}

provide() {
  say "installing $package"
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod +x "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2
  apt-get install -y -qq --no-install-recommends "$package" >&2
}

if ! command -v "$tool" >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "please install $package"
    exit 1
  fi
  cache="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-event-engine"
  mkdir -p "$cache"
  exec 9>"$cache/apt-get.lock"
  flock 9
  command -v "$tool" >/dev/null || provide
fi
command -v "$tool"
