// The texts about fields, by their name, for the AsyncAPI and OpenAPI documents; `Schema.field` where a part of frames gives it another
// meaning. Frames have their own (frames/).
import { Limits } from "../Limits.ts"

export const fields: { readonly [field: string]: string } = {
  id: "Its id.",
  ref: "Yours to choose; the answer to this frame carries the same.",
  chat_id: "The chat.",
  message_id: "The message.",
  user_id: "The user.",
  seq: "The message's place in its chat: 1, 2, 3 …, without gaps.",
  version:
    "The chat's change counter after this. Events of a chat come in this order, each once and without a hole; keep it for `sync`.",
  changed:
    "Only in a replay, and only if it has changed since `version`: the `version` of its last change, whose state the frame has. " +
    "`version` keeps the order of events. Of two copies, the one with the greater value is newer.",
  dedup_key: "Unique per chat and sender, for ever; shown to its sender alone, null for other users.",
  reply_to: "The id of the message of this chat that this one answers.",
  thread_id: "The root message of the replies to which this one belongs. Absent: not a reply.",
  mentions: "Other members whose user names the text has after an `@`, in the order of the text. Absent: none.",
  mentions_all: "The text has `@all`, from the owner or an admin of a group. Absent: it does not.",
  attachments: "Its files, in the order in which they were named. Absent: none.",
  forwarded: "The origin of a forwarded text. Absent: not forwarded.",
  custom: "A JSON object from the sender, stored unchanged. Absent: none.",
  created_at: "ISO 8601, UTC, with milliseconds.",
  edited_at: "Of the last edit; null: never edited.",
  deleted: "It is a tombstone: the text is gone, the place stays.",
  is_read: "Every other present member has read it.",
  sender_id: "The user who wrote it.",
  last_seq: "The `seq` of the chat's newest message; 0: there is none.",
  last_read_seq: "Everything up to here is read.",
  unread_count: "Messages of others, not deleted, that are not read.",
  unread_mention_count: "Those of them that mention the reader or all, or reply to one of theirs. Absent: none.",
  Forwarded: "Who wrote a forwarded text first.",
  "Forwarded.sender_id": "The first author, however often it was forwarded; null: they do not want to be named.",
  "Forwarded.created_at": "When they wrote it.",
  "Forwarded.chat_id": "The chat of the forwarded message. Only in your saved chat.",
  "Forwarded.message_id": "The forwarded message. Only in your saved chat.",
  ReactionCount: "An emoji, and how many members gave it.",
  emoji: "One emoji.",
  on: "true when absent; false: take it away.",
  count: "How many members gave it.",
  key: "The key of the value.",
  value: "Any JSON; null: there is none.",
  ping_seconds: "The server sends a WebSocket ping this often.",
  timeout_seconds: "It closes a socket from which nothing has arrived for this time.",
  VersionSum: "How many things there are, and what their versions add up to.",
  "VersionSum.count": "How many there are.",
  "VersionSum.sum": "The sum of the versions at which each changed last.",
  EventMember: "A user in a chat.",
  "EventMember.role":
    "`owner` and `admin` may rename the chat and add or remove members; in a private chat both are `member`.",
  "EventMember.last_read_seq": "They have read everything up to here.",
  "EventMember.joined_at": "ISO 8601, UTC, with milliseconds.",
  ChatSummary: "The data of a chat that all its members share.",
  User: "The public data of a user.",
  File: "A file, as its owner sent it up.",
  "File.id": "For `GET /files/{id}`.",
  "File.kind": "What it is: `photo`, `video`, `audio`, `voice` or `file`.",
  "File.name": "As its owner named it.",
  "File.type": "The media type of the stored bytes.",
  "File.size": "How many bytes it has.",
  "File.width": "Pixels, upright. Absent: unknown, as all that follows.",
  "File.height": "Pixels, upright.",
  "File.thumbhash": "A blurred preview of some 25 bytes in base64: see https://evanw.github.io/thumbhash.",
  "File.duration_ms": "As its owner says.",
  "File.waveform": "At most 64 bytes in base64, as its owner says.",
  "ChatSummary.type": "`private`: two people, for good. `group`: members come and go. `saved`: you alone, for good.",
  "ChatSummary.name": "null in a private or saved chat.",
  "ChatSummary.created_by": "The id of the user who made it.",
  "ChatSummary.member_count": "How many are in it.",
  "ChatSummary.description": "What owner and admins say about it; absent: nothing.",
  "ChatSummary.avatar": "A photo, for `GET /files/{id}`; absent: there is none.",
  "ChatSummary.custom": "A JSON object that the server only keeps; absent: there is none.",
  "User.username": "What they log in with.",
  "User.display_name": "What others see.",
  "User.avatar": "A photo, for `GET /files/{id}`. Absent: none.",
  "User.custom": "A JSON object of at most 4 KiB from the user, stored unchanged. Absent: none.",
}

/** About `chat_id` where it may be absent. */
export const impliedChat = "May be left out: this socket has one chat. Any other is `not_found`."

/** About `resume` in the URL. */
export const resume =
  "`true`: you come back and will send `sync`. Lasting events wait for it, so that what you missed comes first; " +
  `${Limits.resumeSeconds} seconds at most.`
