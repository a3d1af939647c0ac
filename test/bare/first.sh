#!/bin/sh
# What somebody types first on a machine with nothing but Node; run.sh makes that machine.
set -eu
cd /app

if node --version >/tmp/version 2>&1; then
  echo "Node $(cat /tmp/version), npm $(npm --version)"
else
  # The one from npm, in place of the one from the makers of Node, is not there yet. What Node itself asks for is installed.
  cat /tmp/version
  apt-get update -qq && apt-get install -qq -y --no-install-recommends libatomic1 >/dev/null 2>&1
  echo "Node $(node --version), npm $(npm --version), with libatomic1"
fi

npm ci >/tmp/ci.log 2>&1 || { cat /tmp/ci.log; exit 1; }
grep -v "^npm warn EBADENGINE" /tmp/ci.log
if grep -iE "npm (error|ERR!)|not found|cannot open" /tmp/ci.log; then exit 1; fi

# Waits until a file has a line like this, or for five minutes.
until_in() {
  for _ in $(seq 1500); do
    if grep -qsE "$2" "$1"; then return; fi
    sleep 0.2
  done
  cat "$1"
  return 1
}

PORT=0 HOST=127.0.0.1 npm start >/tmp/start.log 2>&1 &
npm=$!
until_in /tmp/start.log "listening on http://"
cat /tmp/start.log
sh scripts/node.sh test/bare/talk.ts "$(grep -oE "http://[0-9a-z.]+:[0-9]+" /tmp/start.log | head -1)" >/tmp/talk.log 2>&1 &
talk=$!
until_in /tmp/talk.log "talked"
kill -TERM $npm
wait $talk || { cat /tmp/talk.log; exit 1; }
cat /tmp/talk.log
wait $npm
if grep -ls "src/main" /proc/[0-9]*/cmdline; then echo "The server is still there." >&2; exit 1; fi
echo "npm start ended with 0, and nothing is left."

if [ -n "$BARE_TESTS" ]; then
  # shellcheck disable=SC2086
  npm test -- $(if [ "$BARE_TESTS" != . ]; then echo "$BARE_TESTS"; fi)
fi
