// The chapter about what a client keeps, and what it does with each frame of a sync.
import { Limits } from "../Limits.ts"
import { table } from "./markdown.ts"

export const resume = `A client keeps one number for each chat: the greatest \`version\` that it has seen. That is its cursor.

${table(
  ["what happens", "what the client does"],
  [
    ["`hello`", "For a chat that it does not know: take `version` as the cursor, and load messages over HTTP."],
    [
      "an event with `chat_id` and `version`",
      "Apply it, and set the cursor to `version`. An unknown `type` sets the cursor too.",
    ],
    [
      "an event whose version is not above the cursor",
      "You have it already, for example from the answer to your own HTTP request. Apply it by its version; do not notify the user again.",
    ],
    [
      "`typing`, `presence`, `user_updated`, `fully_read`, `delivered`",
      "Show it. They have no version and are not sent again.",
    ],
    [
      "the connection ends",
      "By the close code: connect again with `?resume=true`, wait for `hello`, send `sync` with all cursors.",
    ],
    [
      "`changed` on a replayed event",
      "The event has the state of that later version. Of two copies the one with the greater number is the newer.",
    ],
    [
      "`check`",
      "Only if `sync` asked for it. Add up the `version`s of your messages in the range and of all members: another count or sum means that something was missed. Drop the chat, load it anew.",
    ],
    ["`synced`", "Set the cursors to those in it. Live events follow. Ask again for the chats in `failed`."],
    [
      "`reset`",
      `More than ${Limits.replay.toLocaleString("en")} changes were missed, or the server was restored from a backup: drop the chat, take \`version\` as the cursor, load it anew.`,
    ],
    ["`chat_gone`", "The chat is not yours any more: drop it."],
  ],
)}

Send messages with a \`dedup_key\` of your own. When the connection ends before the \`ack\`, send the same frame again on the
next one: the server stores and delivers it once, however often it comes. Each event has the whole present state
of what it concerns: replace your copy, never add to it.`
