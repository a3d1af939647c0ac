#!/bin/sh
# A bot of curl, websocat and jq: it answers every message. BOT_LOGIN, BOT_PASSWORD and CONFAB_URL say who and where.
set -eu
url=${CONFAB_URL:-http://localhost:8000}
token=$(curl -sf "$url/token" -d "username=$BOT_LOGIN" -d "password=$BOT_PASSWORD" | jq -r .access_token)
me=$(curl -sf "$url/me" -H "Authorization: Bearer $token" | jq .id)

# A pipe without a name brings back what jq says.
pipe=$(mktemp -u)
mkfifo "$pipe"
exec 3<>"$pipe"
rm "$pipe"
# -B: the longest frame, bytes. `-H value` without = would take the address for a second header.
websocat -B 16777216 -H="Authorization: Bearer $token" "ws${url#http}/ws" <&3 | jq --unbuffered -c --argjson me "$me" '
  select(.type == "message" and .sender_id != $me)
  | {type: "message", chat_id, reply_to: .id, text: "You said: \(.text)", dedup_key: "answer-\(.id)"}
' >&3
