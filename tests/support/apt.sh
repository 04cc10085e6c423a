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

# apt_unpack WHAT-FOR PACKAGE FOLDER: the files of a Debian package, not installed; or says in one line what is missing and fails.
apt_unpack() {
  local purpose=$1 package=$2 folder=$3 scratch
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    echo "$purpose is missing: put it in PATH (on Debian it is part of the package $package) and try again." >&2
    return 1
  fi
  scratch=$(mktemp -d)
  chmod 755 "$scratch" # apt downloads as a user of its own
  if ! (cd "$scratch" && { apt-get -qq download "$package" || { apt-get -qq update && apt-get -qq download "$package"; }; }) \
    >"$scratch/log" 2>&1 </dev/null; then
    cat "$scratch/log" >&2
    rm -r "$scratch"
    return 1
  fi
  mkdir -p "$folder"
  dpkg-deb --extract "$scratch/$package"_*.deb "$folder"
  rm -r "$scratch"
}
