#!/bin/sh
# The command `confab`, by a Node that can run it. It may be called by a link.
set -eu
root=$(dirname "$(dirname "$(readlink -f "$0")")")
exec sh "$root/scripts/node.sh" "$root/src/cli.ts" "$@"
