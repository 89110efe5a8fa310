#!/usr/bin/env bash
# Runs targets under libFuzzer, one after the other.
#
#   run.sh SECONDS [TARGET ...]      without a target: all of them
#
# What is found lies in artifacts/TARGET, and what has been learnt in corpus/TARGET; both stay.
# SANITIZER=none leaves out AddressSanitizer: twice as fast, for code without `unsafe`.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
sanitizer=${SANITIZER:-address}

say() { echo "fuzz: $*"; }
fail() { echo "fuzz: $*" >&2; exit 1; }

# --- Which compiler -----------------------------------------------------------------

# The release of a toolchain as a number that can be compared: 1.95.0 is 1095. Asking must
# not make rustup install anything.
release() {
  RUSTUP_AUTO_INSTALL=0 rustc "$@" --version 2>/dev/null | awk '{ split($2, v, "."); print v[1] * 1000 + v[2] }'
}

# Instrumentation is not stable yet. A nightly toolchain has it, if it is new enough for the
# code; else the pinned one is told to be a nightly.
choose_compiler() {
  local pinned nightly
  pinned=$(cd "$root" && release) || pinned=
  nightly=$(cd "$root" && release +nightly) || nightly=
  [ -n "$pinned" ] || fail "there is no Rust: install it, https://rustup.rs"
  if [ -n "$nightly" ] && [ "$nightly" -ge "$pinned" ]; then
    toolchain=+nightly
    say "compiling with the nightly toolchain"
  else
    toolchain=
    export RUSTC_BOOTSTRAP=1
    say "compiling with the pinned toolchain, as if it were a nightly"
  fi
}

install_cargo_fuzz() {
  cargo fuzz --version >/dev/null 2>&1 && return
  say "installing cargo-fuzz (takes a minute or two): cargo install --locked cargo-fuzz"
  (cd "$root" && RUSTC_BOOTSTRAP=0 cargo install --quiet --locked cargo-fuzz) || fail "cargo-fuzz cannot be installed"
}

# --- Running ------------------------------------------------------------------------

# These need no node, and so no wasmtime, which takes minutes to build.
features() { case $1 in frame|route|secure_*) echo --no-default-features ;; esac; }

# The most bytes of one input.
longest() { case $1 in frame|prescan|load|secure_*) echo 16384 ;; *) echo 2048 ;; esac; }

run() {
  local target=$1
  mkdir -p "$here/corpus/$target"
  say "$target for $seconds s"
  # Word splitting is what these are for.
  # shellcheck disable=SC2046,SC2086
  (cd "$root" && cargo $toolchain fuzz run --fuzz-dir "$here" --target-dir "$root/target/fuzz" \
    --sanitizer "$sanitizer" $(features "$target") "$target" \
    "$here/corpus/$target" "$root/tests/fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -max_len="$(longest "$target")" -timeout=60 -rss_limit_mb=4096 \
    -print_final_stats=1)
}

# --- What is asked for --------------------------------------------------------------

[ $# -gt 0 ] || fail "say for how long: run.sh SECONDS [TARGET ...]"
seconds=$1
shift
all=$(find "$here/targets" -name '*.rs' -exec basename {} .rs \; | sort)
for target in "$@"; do
  grep -qx "$target" <<< "$all" || fail "there is no target \`$target\`; there are:" $all
done
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $all
case "$*" in *manifest*|*prescan*|*load*) say "building the node takes some minutes the first time" ;; esac
case "$*" in
  *load*) [ -e "$root/target/guests/wasm32-unknown-unknown/release/bare.wasm" ] || fail "the target \`load\` needs the tests' workers: make guests" ;;
esac

install_cargo_fuzz
choose_compiler
for target in "$@"; do run "$target"; done
say "nothing was found"
