#!/bin/sh
# An operator's first hour: settings, an account, an invite for five others. Run it where .env of the server is, while
# the server does not use the built-in database; with PostgreSQL also while it runs.
set -eu
confab=${CONFAB:-confab}

"$confab" check
printf '%s\n' "$ADMIN_PASSWORD" | "$confab" users add root root@example.org
"$confab" users list
"$confab" invites create --uses 5
