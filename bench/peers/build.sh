#!/usr/bin/env bash
# Builds the peers that are measured beside Skep. One that does not build is left out, and said.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for peer in ockam rusm extism; do
  echo "bench: building peer-$peer (the first build takes minutes)"
  cargo build --release --locked --manifest-path "$here/$peer/Cargo.toml" \
    --target-dir "$here/../../target/peers" ||
    echo "bench: peer-$peer does not build: its rows are left out" >&2
done
