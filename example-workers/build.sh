#!/usr/bin/env bash
# Builds workspaces of guest workers and copies the finished modules into a folder.
#
#   build.sh [--out DIR] [WORKSPACE ...]      without a workspace: the one this is in
#
# The modules are core modules that carry their interface; the node makes components
# of them on arrival.
set -eu

target=wasm32-unknown-unknown
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

say() { echo "guests: $*"; }
fail() { echo "guests: $*" >&2; exit 1; }
absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }

# --- Which compiler -----------------------------------------------------------------

# The toolchain has the target. Asking must not make rustup install anything.
has_target() {
  local sysroot
  sysroot=$(cd "$here" && RUSTUP_AUTO_INSTALL=0 rustc --print sysroot 2>/dev/null) || return 1
  [ -d "$sysroot/lib/rustlib/$target/lib" ]
}

# The newest of Debian's linkers for WebAssembly.
wasm_linker() { find /usr/bin -name 'wasm-ld-*' 2>/dev/null | sort -V | tail -n 1; }

# Debian's compiler with the sources of its standard library.
has_debian() {
  [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && [ -n "$(wasm_linker)" ] || return 1
  [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ]
}

install_debian() {
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return 1
  local packages="rustc-web cargo-web rust-web-src lld-22"
  say "installing Debian's $packages"
  export DEBIAN_FRONTEND=noninteractive
  # Word splitting is what the list of packages is for.
  # shellcheck disable=SC2086
  apt-get -qq update && apt-get -qq install -y --no-install-recommends $packages >/dev/null
}

# A person's own machine: nobody has said that nothing may be downloaded.
may_use_rustup() {
  [ -z "${CI:-}" ] && [ "${RUSTUP_AUTO_INSTALL:-1}" != 0 ] && command -v rustup >/dev/null
}

add_target() {
  may_use_rustup || return 1
  say "running: rustup target add $target"
  (cd "$here" && rustup target add "$target")
}

choose_compiler() {
  if has_target; then compiler=toolchain
  elif has_debian || { install_debian && has_debian; }; then compiler=debian
  elif add_target; then compiler=toolchain
  else
    fail "no compiler for $target. Install the target (rustup target add $target), or on" \
      "Debian, as root: apt-get install rustc-web cargo-web rust-web-src lld-22"
  fi
}

# --- Building -----------------------------------------------------------------------

# Places in panics name no folder of this machine.
separator=$(printf '\037')
flags="--remap-path-prefix=$root/=$separator--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/="

guest_cargo() {
  case $compiler in
    toolchain) CARGO_ENCODED_RUSTFLAGS=$flags cargo "$@" ;;
    # Building the standard library is not stable yet: hence the bootstrap.
    debian)
      env -u RUSTUP_TOOLCHAIN PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        CARGO_UNSTABLE_BUILD_STD=std,panic_abort \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$(wasm_linker)" \
        CARGO_ENCODED_RUSTFLAGS="$flags" /usr/bin/cargo "$@"
      ;;
  esac
}

# A lock file, where there is one, is kept to; a crate just begun has none yet.
locked() { [ ! -e Cargo.lock ] || echo --locked; }

# Builds a workspace, and prints the path of each of its modules.
build() {
  local messages
  messages=$(cd "$1" && guest_cargo build --quiet --release $(locked) --target "$target" \
    --target-dir "$root/target/guests" --message-format=json-render-diagnostics) || return 1
  printf '%s\n' "$messages" | sed -n 's/.*"filenames":\["\([^"]*\.wasm\)".*/\1/p'
}

# Copies a module only if it is another one, aside first: a node may be reading.
deliver() {
  local name
  name=$(basename "$1" .wasm | tr _ -)
  cmp -s "$1" "$out/$name.wasm" && return 0
  cp "$1" "$out/.$name.new"
  mv "$out/.$name.new" "$out/$name.wasm"
  changed=$((changed + 1))
}

build_and_deliver() {
  local modules module count=0 changed=0
  say "building $1 (the first build takes about a minute)"
  modules=$(build "$1") || fail "$1 does not build"
  while IFS= read -r module; do
    [ -n "$module" ] || continue
    count=$((count + 1))
    [ -z "$out" ] || deliver "$module"
  done <<< "$modules"
  if [ -z "$out" ]; then say "$count modules in $root/target/guests/$target/release"
  else say "$count modules, $changed of them new in $out"; fi
}

# --- What is asked for --------------------------------------------------------------

out=
workspaces=()
while [ $# -gt 0 ]; do
  case $1 in
    --out) [ $# -gt 1 ] || fail "--out needs a folder"; out=$(absolute "$2"); shift ;;
    -*) fail "unknown option $1; say: build.sh [--out DIR] [WORKSPACE ...]" ;;
    *) workspaces+=("$(absolute "$1")") ;;
  esac
  shift
done
[ ${#workspaces[@]} -gt 0 ] || workspaces=("$here")
[ -z "$out" ] || mkdir -p "$out"

choose_compiler
case $compiler in
  toolchain) say "compiling with the toolchain's own target" ;;
  debian) say "compiling with Debian's compiler, the standard library from source" ;;
esac
for workspace in "${workspaces[@]}"; do build_and_deliver "$workspace"; done
