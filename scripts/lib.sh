# SPDX-License-Identifier: MIT
# lib.sh -- what the scripts share: where the repository is, what a Debian 12
# machine must have, and how to build.  Sourced with `set -eu` in force.

root=$(cd "$(dirname "$0")/.." && pwd)

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Packages to build and run; a test run needs the other lists too.
build_packages="gcc libc6-dev cmake ninja-build pkg-config
  libmicrohttpd-dev libcurl4-openssl-dev libsqlite3-dev libjansson-dev
  libpapi-dev libprotobuf-c-dev protobuf-c-compiler libonnx-dev libsodium-dev
  zlib1g-dev libopenblas-dev liblbfgs-dev liblz4-dev libzstd-dev curl"
test_packages="libcmocka-dev chromium clang-format"
# Emulated Cortex-M boards: left out, there are no such devices.
board_packages="gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"

missing_packages() {
    for p in "$@"; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
            grep -q '^install ok installed$' || printf '%s ' "$p"
    done
}

# install_packages NAME...: those that are not there, with apt.
install_packages() {
    command -v dpkg-query >/dev/null ||
        die "this is not a Debian system: install these by hand: $*"
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "these packages are missing; install them as root:
  apt-get install $missing"
        as_root=sudo
    fi
    say "installing: $missing"
    $as_root apt-get update -qq || die "apt-get update failed: is there a network?"
    # shellcheck disable=SC2086 # a list of words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends $missing >/dev/null ||
        die "apt-get could not install: $missing"
}

# ONNX Runtime, uPlot and Playwright from npm, by the lock file; no package's
# own scripts are run.
install_npm() {
    command -v npm >/dev/null || install_packages nodejs npm
    cmp -s "$root/package-lock.json" "$root/node_modules/.offramp-lock" &&
        return 0
    say "installing: npm packages (ONNX Runtime, uPlot, Playwright)"
    (cd "$root" && npm ci --ignore-scripts --no-audit --no-fund --silent) ||
        die "npm ci failed: is there a network?"
    cp "$root/package-lock.json" "$root/node_modules/.offramp-lock"
}

# build PRESET: configure and build; prints only what goes wrong.
build() {
    say "building ($1)"
    log=$(mktemp)
    if ! (cd "$root" && cmake --preset "$1" && cmake --build --preset "$1") \
        >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        rm -f "$log"
        die "the build failed (preset $1)"
    fi
    rm -f "$log"
}
