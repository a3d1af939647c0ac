#!/bin/sh
# A bot of curl, websocat and jq: it answers every message. BOT_LOGIN, BOT_PASSWORD and CONFAB_URL say who and where.
set -eu
url=${CONFAB_URL:-http://localhost:8000}
token=$(curl -sf "$url/token" -d "username=$BOT_LOGIN" -d "password=$BOT_PASSWORD" | jq -r .access_token)
me=$(curl -sf "$url/me" -H "Authorization: Bearer $token" | jq .id)

pipe=$(mktemp -u)
mkfifo "$pipe"
trap 'rm -f "$pipe"' EXIT
# The socket's answers go to jq, and what jq says goes back to the socket.
websocat -H "Authorization: Bearer $token" "ws${url#http}/ws" <"$pipe" | jq --unbuffered -c --argjson me "$me" '
  select(.type == "message" and .sender_id != $me)
  | {type: "message", chat_id, reply_to: .id, text: "You said: \(.text)", dedup_key: "answer-\(.id)"}
' >"$pipe"
