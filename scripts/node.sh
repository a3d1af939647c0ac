#!/bin/sh
# Runs a program with a Node that Confab runs on: the machine's own if it is new enough, else one from npm, which is fetched at its first
# use. That one is kept in node/26 beside this file, where it shadows nothing; in node/24 on machines that 26 does not start on,
# since it needs libatomic on Linux.
#   sh scripts/node.sh [--at-least-24] [options of Node] program [arguments]
# The program replaces this shell, so it is the process that npm knows and passes signals to.
set -eu

here=$(cd "$(dirname "$0")" && pwd)/node
own=${npm_node_execpath:-node}
needed="Node 22.19 or newer"
from_22=19
if [ "${1:-}" = --at-least-24 ]; then
  needed="Node 24 or newer"
  from_22=99
  shift
fi

# Node 23 runs TypeScript only from 23.6 on, and is out of support.
is_new_enough() {
  version=${1#v}
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  [ "$major" -ge 24 ] || { [ "$major" = 22 ] && [ "$minor" -ge "$from_22" ]; }
}

# What a release was installed from, once it has started here.
started() { echo "$here/$1/node_modules/.started"; }

# Not .bin/node, which npm 10 does not link. Each system has a package of its own.
binary() { echo "$here/$1"/node_modules/node-*/bin/node; }

fetched() {
  for release in 26 24; do
    if [ "$(cat "$here/$release/package-lock.json")" = "$(cat "$(started "$release")" 2>/dev/null)" ]; then
      binary "$release"
      return
    fi
  done
}

npm_ci() {
  case ${npm_execpath:-} in
    *npm-cli.js) set -- "$1" "$own" "$npm_execpath" ;;
    *) set -- "$1" npm ;;
  esac
  folder=$1
  shift
  "$@" ci --prefix "$folder" --include=optional --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >&2
}

fetch() {
  for release in 26 24; do
    echo "Fetching Node $release from npm (once), since this needs $needed and the machine has ${found#v} …" >&2
    npm_ci "$here/$release"
    if ! [ -e "$(binary "$release")" ]; then
      why="npm has none for this machine, or could not fetch it"
    elif why=$("$(binary "$release")" --version 2>&1); then
      cp "$here/$release/package-lock.json" "$(started "$release")"
      return
    fi
    rm -rf "$here/$release/node_modules"
  done
  echo "Confab needs $needed: install one. This machine has ${found#v}, and the one from npm does not start here ($why)." >&2
  exit 1
}

found=$("$own" --version)
if ! is_new_enough "$found"; then
  if [ -z "$(fetched)" ]; then fetch; fi
  own=$(fetched)
elif [ "$major" = 22 ]; then
  # Its node:sqlite works as later ones do, and warns at each start that it is experimental.
  export NODE_OPTIONS="${NODE_OPTIONS:+$NODE_OPTIONS }--disable-warning=ExperimentalWarning"
fi
exec "$own" "$@"
