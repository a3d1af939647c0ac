// Accepts what looks like a frame of the server: enough to trust its shape without a schema library.
import type { ServerFrame } from "../../contract/ServerFrame.ts"
import type { UnknownFrame } from "../state/UnknownFrame.ts"

type Kind = "number" | "string" | "boolean" | "object" | "array"
type Fields = Readonly<Record<string, Kind>>

const message: Fields = {
  id: "number",
  chat_id: "number",
  seq: "number",
  sender_id: "number",
  text: "string",
  created_at: "string",
  deleted: "boolean",
  version: "number",
}
const inChat: Fields = { chat_id: "number", version: "number" }

/** The required fields by `type`: a frame without them is ignored, and the hole in `version` brings it again. */
const frames: { readonly [Type in ServerFrame["type"]]: Fields } = {
  hello: { user_id: "number", session_id: "string", chats: "array", online: "array" },
  ack: {},
  pong: {},
  error: { code: "string", message: "string" },
  message,
  message_updated: message,
  message_deleted: message,
  read: { ...inChat, user_id: "number", seq: "number" },
  fully_read: { chat_id: "number", seq: "number" },
  delivered: { chat_id: "number", user_id: "number", seq: "number" },
  typing: { chat_id: "number", user_id: "number", is_typing: "boolean" },
  presence: { user_id: "number", status: "string" },
  user_updated: { user: "object" },
  chat_created: { chat: "object", version: "number" },
  chat_updated: { chat: "object", version: "number" },
  chat_deleted: inChat,
  member_added: { ...inChat, member: "object" },
  member_updated: { ...inChat, member: "object" },
  member_removed: { ...inChat, user_id: "number" },
  pin: { ...inChat, message_id: "number", user_id: "number", at: "string" },
  reaction: { ...inChat, message_id: "number", user_id: "number", emojis: "array", reactions: "array" },
  check: { ...inChat, messages: "object", members: "object" },
  synced: { cursors: "object" },
  state: { key: "string", version: "number" },
  reset: { version: "number" },
  chat_gone: { chat_id: "number" },
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value)

/** null: not a frame, or one of a known `type` without its required fields. */
export const parseFrame = (data: unknown): ServerFrame | UnknownFrame | null => {
  if (typeof data !== "string") return null
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return null
  }
  if (!isTyped(value)) return null
  if (!Object.hasOwn(frames, value.type)) return { type: "unknown", frame: value }
  return isFrame(value) ? value : null
}

const isTyped = (value: unknown): value is UnknownFrame["frame"] =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

const isFrame = (value: UnknownFrame["frame"]): value is UnknownFrame["frame"] & ServerFrame => {
  const fields = frames[value.type as ServerFrame["type"]]
  for (const key in fields) if (kindOf(value[key]) !== fields[key]) return false
  return true
}
