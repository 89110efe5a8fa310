#!/usr/bin/env bash
# Puts the example workers into a node's directory, starts a node on it, and sends a
# message along three routes. `make run` calls it, with the host built.
#
#   run.sh DIR        ONCE=1 stops the node after the replies
set -euo pipefail

root=$(dirname "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)")
cd "$root"
hive=${1:-hive}
skep=target/debug/skep
hello='Hello Skep!'
node=
signalled=

say() { printf '\n%s\n' "$*"; }

# What a Ctrl-C has ended is no failure.
fail() {
  [ -z "$signalled" ] || leave
  echo "run: $*" >&2
  exit 1
}

# What a person has changed there stays as it is.
manifests() {
  local file to
  mkdir -p "$hive/workers"
  for file in example-workers/manifests/*.toml; do
    to=$hive/workers/$(basename "$file")
    [ "$(basename "$file")" != node.toml ] || to=$hive/node.toml
    [ -e "$to" ] || cp "$file" "$to"
  done
}

# In a process group of its own, so that a Ctrl-C reaches the node once: by `pass_on`.
start() {
  [ -z "$signalled" ] || exit 130
  set -m
  "$skep" run "$hive" &
  node=$!
  set +m
  until "$skep" --dir "$hive" ps >/dev/null 2>&1; do
    kill -0 "$node" 2>/dev/null || fail "the node did not start"
    sleep 0.1
  done
  # A signal before the node could take one is lost.
  if [ -n "$signalled" ]; then
    "$skep" --dir "$hive" stop || true
    finish
  fi
}

pass_on() {
  signalled=$1
  [ -z "$node" ] || kill -s "$1" "$node" 2>/dev/null || true
}

# Wait for the node, and have its exit code: a `wait` that a signal interrupts has another.
ended() {
  while kill -0 "$node" 2>/dev/null; do wait "$node" || true; done
  wait "$node"
}

# With the node's exit code.
finish() {
  local code=0
  ended || code=$?
  trap - EXIT
  exit "$code"
}

# Whatever goes wrong, no node is left behind. After a Ctrl-C nothing has gone wrong.
leave() {
  local code=$?
  [ -n "$node" ] || exit "$code"
  [ -z "$signalled" ] || finish
  pass_on TERM
  ended || true
  exit "$code"
}

send() {
  local reply
  say "\$ skep send $1 '$hello'"
  reply=$("$skep" --dir "$hive" send "$1" "$hello") || fail "no reply along $1"
  # The node writes its log meanwhile; the reply is the end of the story.
  sleep 0.2
  echo "$reply"
  [ "$reply" = "$hello" ] || fail "the reply along $1 should be '$hello'"
}

try_next() {
  local me=$skep
  [ "$hive" = hive ] || me="$skep --dir $hive"
  cat <<EOF

The node goes on; Ctrl-C stops it. In another terminal, in this folder, try:
  $me send h1,h2,h3,echoer '$hello'
  $me send counter 'add 41'
  $me send caller 'ask echoer for me'
  $me send relay 'on by h1 to echoer'
  $me send spawner 'start echoer one'
  $me send spawner.one hello
  $me send ticker 'start 500 5' --no-reply
  $me send echoer hello --count 100000 --outstanding 64 --json
  $me ps
  $me stop
The workers lie in $hive/workers.
EOF
}

trap 'pass_on INT' INT
trap 'pass_on TERM' TERM
trap leave EXIT
[ -x "$skep" ] || fail "there is no $skep; say: make run"
manifests
start
for route in h1,echoer echoer h1,h2,h3,echoer; do send "$route"; done
if [ -n "${ONCE:-}" ]; then
  say "\$ skep stop"
  "$skep" --dir "$hive" stop
else
  try_next
fi
finish
