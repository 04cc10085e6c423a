# shellcheck shell=bash
# Sourced by the scripts that may have to install something: one place that knows Debian.

# apt_install WHAT-FOR PACKAGE...: installs Debian packages, or says in one line what to install and fails.
apt_install() {
  local purpose=$1
  shift
  if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "$purpose is missing: install it (on Debian, as root: apt-get install $*) and try again." >&2
    return 1
  fi
  echo "$purpose is missing: installing $* with apt-get." >&2
  local log
  log=$(mktemp)
  # A third party's list that cannot be refreshed is no reason to stop: the installation itself decides.
  apt-get -qq update >"$log" 2>&1 || true
  if ! DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" >>"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm "$log"
    return 1
  fi
  rm "$log"
}
