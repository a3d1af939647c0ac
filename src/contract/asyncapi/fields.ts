// The texts about fields, by their name, for the AsyncAPI document; `Schema.field` where one schema gives it another
// meaning.
import { Limits } from "../Limits.ts"

const answered = "That of the frame that this answers, if it had one."

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
    "In a replay, and only if it has changed since it came: the `version` of its last change. It is told as of then, in the place of " +
    "`version`, for the sake of order. Of two copies the greater is the newer.",
  dedup_key: "Unique per chat and sender, for ever; shown to its sender alone, null to everybody else.",
  reply_to: "The id of the message of this chat that this one answers.",
  thread_id: "The message at the root of the replies that this one belongs to. Absent: it is no reply.",
  forwarded: "Whose text it is. Absent: it is no forwarded message.",
  custom: "A JSON object of the sender's, kept as it is. Absent: there is none.",
  created_at: "ISO 8601, UTC, with milliseconds.",
  edited_at: "Of the last edit; null: never edited.",
  deleted: "It is a tombstone: the text is gone, the place stays.",
  is_read: "Every other present member has read it.",
  sender_id: "The user who wrote it.",
  last_seq: "The `seq` of the chat's newest message; 0: there is none.",
  last_read_seq: "Everything up to here is read.",
  unread_count: "Messages of others, not deleted, that are not read.",

  "ClientMessage.text": "Not only white space; kept as sent. Characters are counted as code points.",
  "ClientMessage.custom": "A JSON object of at most 4 KiB, which the server only keeps.",
  "ClientMessage.forward":
    "A message that you can see, whose text is copied; instead of `text`, and with a `dedup_key` alone.",
  Forwarded: "Who wrote a forwarded text first.",
  "Forwarded.sender_id": "The first author, however often it was forwarded; null: they do not want to be named.",
  "Forwarded.created_at": "When they wrote it.",
  "ClientMessage.dedup_key": "Yours to choose, such as a UUID: with it the frame can be repeated without harm.",
  "ClientRead.message_id": "Read up to this message. Or give `chat_id` and `seq`.",
  "ClientRead.seq": "Read up to this place.",
  "ClientTyping.is_typing": "true when absent.",
  "ClientEdit.text": "The new text, under the same rules as a message's.",
  emoji: "One emoji.",
  on: "true when absent; false: take it away.",
  "ClientSync.cursors":
    "For each chat id, as text, the last `version` that you saw; on `/ws` also for `me`, your own state.",
  "ClientAuth.token": "An access token of the same session.",

  "ServerHello.user_id": "You.",
  "ServerHello.features":
    "What this server can do beyond the first contract. Ask for a name; there may be more than you know.",
  "ServerReaction.user_id": "Who changed theirs.",
  "ServerReaction.emojis": "All of theirs on this message now, the oldest first.",
  "ServerReaction.reactions": "Everybody's, by how many each was given; the oldest first.",
  "ServerPin.user_id": "Who pinned or unpinned it.",
  "ServerPin.at": "When.",
  "ServerPin.removed": "It is pinned no more.",
  count: "By how many it was given.",
  "ServerHello.session_id": "This signed-in device, as in `GET /me/sessions`.",
  "ServerHello.me": "Where your own state stands.",
  "ServerState.version": "The counter of your own state. Its changes come in this order, each once and without a hole.",
  "ServerAck.version": "After `state`: at which the value changed.",
  key: "What the value is kept under.",
  value: "Any JSON; null: there is none.",
  "ServerHello.chats": "Your chats, in no particular order.",
  "ServerHello.online": "The users who are online and share a chat of at most 200 members with you.",
  "ServerHello.version": "The chat's change counter at this moment.",
  ping_seconds: "The server sends a WebSocket ping this often.",
  timeout_seconds: "It closes a socket that it has heard nothing from for so long.",
  "ServerAck.seq": "After `message` the place of the message; after `read` the watermark.",
  "ServerAck.duplicate": "The message was there already, by its `dedup_key`.",
  "ServerAck.expires_at": "When the token that is now in force expires.",
  "ServerPong.time": "The server's clock.",
  "ServerError.code":
    "`bad_frame`: not a JSON object, or binary. `unknown_type`: no such frame. `invalid`: `type` is missing, or a field is wrong. " +
    "`not_found`: no such chat or message of yours. `forbidden`: not with your role, not your message, or a bad token. " +
    "`conflict`: the `dedup_key` was used for other content, the message is deleted, or the other person of " +
    "a private chat has deleted their account. " +
    "`rate_limited`, `unavailable`: try again after `retry_after_ms`.",
  "ServerError.message": "For people. Programs go by `code`.",
  "ServerError.retry_after_ms": "Wait so many milliseconds before you try again.",
  "ServerAck.ref": answered,
  "ServerPong.ref": answered,
  "ServerError.ref": answered,
  "ServerSynced.ref": answered,
  "ServerMessage.text": "As its sender wrote it.",
  "ServerMessageDeleted.text": "Empty.",
  "ServerRead.user_id": "Who has read.",
  "ServerRead.seq": "They have read everything up to here.",
  "ServerRead.message_id": "The message at `seq`.",
  "ServerFullyRead.seq": "Everybody else has read your messages up to here.",
  "ServerMessageUpdated.text": "The new text.",
  "ServerTyping.is_typing": "false: they have stopped.",
  "ServerPresence.status": "Whether any device of theirs is connected.",
  "ServerFullyRead.message_id": "The message at `seq`, one of yours.",
  "ServerHello.heartbeat": "How both sides know that the other is still there.",
  "ServerTyping.user_id": "Who is writing.",
  "ServerPresence.last_seen_at": "null while online.",
  "ServerMemberRemoved.user_id": "Who is no longer in the chat.",
  "ServerSynced.cursors": "For each chat id, as text, its `version` now.",
  "ServerSynced.failed": "The ids of the named chats that could not be read now.",
  "ServerReset.version": "Where the chat stands now.",
  Member: "Somebody in a chat.",
  "Member.role":
    "`owner` and `admin` may rename the chat and add or remove members; in a private chat both are `member`.",
  "Member.last_read_seq": "They have read everything up to here.",
  "Member.joined_at": "ISO 8601, UTC, with milliseconds.",
  ChatSummary: "What a chat is to anybody in it.",
  User: "What others see of somebody.",
  "ChatSummary.type": "`private`: two people, for good. `group`: members come and go.",
  "ChatSummary.name": "null in a private chat.",
  "ChatSummary.created_by": "The id of the user who made it.",
  "ChatSummary.member_count": "How many are in it.",
  "ChatSummary.description": "What owner and admins say about it; absent: nothing.",
  "ChatSummary.custom": "A JSON object that the server only keeps; absent: there is none.",
  "User.username": "What they log in with.",
  "User.display_name": "What others see.",
}

/** About `chat_id` where it may be absent. */
export const impliedChat = "May be left out: this socket has one chat. Any other is `not_found`."

/** About `resume` in the URL. */
export const resume =
  "`true`: you come back and will send `sync`. Lasting events wait for it, so that what you missed comes first; " +
  `${Limits.resumeSeconds} seconds at most.`
