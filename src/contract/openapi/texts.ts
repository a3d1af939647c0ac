// The texts about fields in the OpenAPI document. Those about messages, chats, files and users are also the frames'
// (asyncapi/fields.ts); here are those of requests and answers alone.
import { fields as shared } from "../asyncapi/fields.ts"
import { isJson } from "./schemas.ts"

type Json = Record<string, unknown>

const page = {
  items: "Those of this page, or all if there is no other.",
  next: "For the next page; null: there are no more.",
  has_more: "There are more in the direction of the page.",
}

const problem = {
  detail: "What happened, for people.",
  instance: "Where it happened.",
  _tag: "Distinguishes errors.",
  type: "A name of this error that is unique in the world.",
  status: "The status of the answer.",
  title: "The same for all errors with this `_tag`.",
}

/** By the field's name, or `Schema.field` where it has another meaning. */
const texts: Record<string, string> = {
  ...shared,
  ...page,
  version: "At which it last changed. Of two copies the one with the greater value is newer.",
  at: "When. ISO 8601, UTC, with milliseconds.",
  joined_at: "ISO 8601, UTC, with milliseconds.",
  user: "The user.",
  text: "As its sender wrote it: at most 4,096 characters, with the few marks of the guide.",
  dedup_key: "Yours to choose, a UUID for example: the same key never makes a second message.",
  forward: "Instead of text and attachments: the id of a message to be copied.",
  recipient_id: "The user to whom you write.",
  user_ids: "The ids of users.",
  member_ids: "The ids of the other members.",
  message: "The message.",
  file: "The file.",
  files: "Files of the user.",
  password: "8 to 256 characters.",
  access_token: "For `Authorization: Bearer`.",
  refresh_token: "Buys the next access token, once.",
  token_type: "How the access token is sent.",
  expires_in: "The seconds that the access token still lives.",
  description: "1 to 512 characters.",
  name: "1 to 128 characters.",
  avatar: "The id of a photo of yours.",
  display_name: "What others see: 1 to 64 characters.",
  email: "The e-mail address.",
  role: "Owners and admins may rename a group and add or remove members.",
  used_bytes: "How many bytes your files have together.",
  quota_bytes: "How many they may have; null: without limit.",
  max_bytes: "How many bytes a file may have.",
  retry_after_ms: "When to try again.",
  request_id: "The server's log has it too.",
  database: "Whether the database takes reads and writes.",
  broadcast: "Whether the nodes of a cluster reach each other.",
  max_keys: "How many keys there may be.",
  max_pins: "How many messages of a chat may be pinned.",
  max_reactions: "How many different emoji a message may have.",
  max_chats: "How many chats a user may be in.",
  max_members: "How many members a group may have.",
  "InvalidInput.issues": "What is wrong, and where: `member_ids.0`.",
  "AlreadySent.message_id": "The message that was sent; null: it is being sent.",
  "Service.name": "The software.",
  "Service.version": "Its version.",
  "Service.sign_up": "Who may create an account: everybody, those with an invite, nobody.",
  "Service.directory":
    "Whom users can find: `all`, `shared` (those who share a chat with them), `off` (nobody, unless by the full user name).",
  "Service.features": "What this server can do, as in the frame `hello`.",
  "Service.files": "Limits of files; null: none can be sent.",
  "PublicKeys.keys": "The current key, and those before and after it.",
  "PublicKey.kty": "RFC 8037.",
  "PublicKey.crv": "RFC 8037.",
  "PublicKey.x": "The key, base64url.",
  "PublicKey.kid": "The id of the key, as in the header of tokens.",
  "PublicKey.alg": "The algorithm.",
  "PublicKey.use": "For signatures.",
  "Readiness.status": "All parts work.",
  "Health.status": "The process lives.",
  "Link.url": "Opens the file without a token.",
  "Link.expires_at": "Until then.",
  "StateEntry.key": "`settings`, `chat:7`, `app:theme` and others.",
  "NewScheduled.at": "When to send it, at most a year ahead; in the past: now.",
  "Message.dedup_key": shared.dedup_key ?? "",
  "Message.text": "As its sender wrote it; empty where it was deleted.",
  "Message.reactions": "How many gave each emoji. Absent: none.",
  "Message.my_reactions": "The emoji that I gave. Absent: none.",
  "ReadMark.last_read_seq": "You have read everything up to here.",
  "FormerText.text": "The former text.",
  "Thread.root": "The message at the root.",
  "Unread.chats": "How many chats have something unread.",
  "Unread.messages": "How many messages are unread.",
  "Unread.mentions": "How many of them mention you or reply to you.",
  "Member.last_delivered_seq": "In a private chat: a device of theirs has everything up to here. Absent: nothing.",
  "Member.last_read_seq": "They have read everything up to here.",
  "Chat.role": "Yours.",
  "Chat.last_message": "The one with the highest `seq`; null: there is none.",
  "Chat.peer": "The other user of a private chat, else null.",
  "ChatSettings.level": "What you want to be notified of.",
  "ChatSettings.muted_until": "No notifications until then.",
  "ChatSettings.pinned_at": "Pinned to the top of your list, since then.",
  "ChatSettings.archived": "Out of your list.",
  "ChatSettings.unread": "You marked it as unread.",
  "ChatWithMembers.members": "The first 200, by user id.",
  "ChatWithMembers.members_next": "The `after` of `GET /chats/{id}/members` for more. Absent: there are no more.",
  "NewSavedChat.type": "The one chat with yourself.",
  "NewPrivateChat.type": "A chat of two people.",
  "NewPrivateChat.member_ids": "The id of the other user.",
  "NewGroup.type": "A chat whose members come and go.",
  "PasswordChange.current_password": "The present one.",
  "PasswordChange.new_password": "8 to 256 characters.",
  "Export.exported_at": "When it was made.",
  "Export.profile": "Your account.",
  "Export.sessions": "Your signed-in devices.",
  "Export.chats": "The chats that you are or were in.",
  "Export.messages": "The messages that you sent.",
  "Export.edits": "Their former texts.",
  "Export.records": "Reactions and pins that you gave.",
  "Export.state": "Your own state.",
  "Export.found_users": "Whom you found by the full user name.",
  "Export.files": "The files that you sent up.",
  "Export.security_events": "Log-ins and other events of your account.",
  "ExportedEvent.event": "What happened.",
  "ExportedEvent.session_id": "The session; null: in none.",
  "ExportedEvent.address": "From which address.",
  "ExportedEvent.user_agent": "By which program.",
  "ExportedEvent.count": "How often.",
  "ExportedRecord.kind": "`reaction` or `pin`.",
  "ExportedRecord.kept": "What it is, by its kind.",
  "ExportedEdit.text": "The former text.",
  "ExportedChat.member": "You are in it.",
  "Me.server_role":
    "Absent: none. An operator gives it and takes it back by command (`confab users make-admin`, `remove-admin`). It gives no rights in this version; host applications and pages may read it.",
  "Session.user_agent": "The program that signed in.",
  "Session.last_used_at": "ISO 8601, UTC, with milliseconds.",
  "Session.current": "The session of this request.",
  "SignUp.invite": "Where an account needs one.",
  "LoggedIn.refresh_token": "For clients without cookies.",
  "TokenError.error": "RFC 6749 §5.2.",
  "TokenError.error_description": "The same for people.",
  "TokenRequest.grant_type": "`password` when absent.",
}

/** Schemas that have the fields of another. */
const alike: Record<string, string> = {
  Chat: "ChatSummary",
  ChatWithMembers: "Chat",
  ExportedChat: "Chat",
  Me: "User",
  ExportedMessage: "Message",
  ExportedFile: "File",
}

const textOf = (schema: string, field: string): string | undefined => {
  const parent = alike[schema]
  return texts[`${schema}.${field}`] ?? (parent === undefined ? undefined : textOf(parent, field)) ?? texts[field]
}

/** Gives the fields of the components their texts, where the schemas have none. */
export const describeFields = (components: Json): void => {
  for (const [name, schema] of Object.entries(components)) {
    if (!isJson(schema) || !isJson(schema.properties)) continue
    const isProblem = "_tag" in schema.properties
    for (const [field, property] of Object.entries(schema.properties)) {
      if (!isJson(property) || "$ref" in property || "description" in property) continue
      const description =
        (isProblem && Object.entries(problem).find(([key]) => key === field)?.[1]) || textOf(name, field)
      if (description !== undefined) property.description = description
    }
  }
}
