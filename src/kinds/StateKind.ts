// A kind of own state of a user: its keys, what they name and which values they may have. A kind is declared once, in
// the table of kinds (StateKinds.ts); keys, schemas, rules and documents are derived from it. Does not know how state
// is stored or published.
import { Schema } from "effect"
import { ChatId, UserId } from "../domain/Ids.ts"

/** What the rest of a key names; "nothing": the kind has one key. */
export type Subject = "nothing" | "chat" | "user" | "name"

export interface StateKind {
  /** Its whole key if it names nothing, otherwise the prefix of its keys. */
  readonly prefix: string
  readonly names: Subject
  /** What a client may store; other fields are dropped. */
  readonly value: Schema.Codec<unknown, unknown>
  /** The maximum number of its keys; absent: only the number of all keys is limited. */
  readonly most?: number
}

/** The meaning of a key. */
export interface StateSubject {
  readonly kind: StateKind
  /** null: it concerns no chat. */
  readonly chat_id: ChatId | null
  /** null: it concerns no user. */
  readonly user_id: UserId | null
}

const isChatId = Schema.is(ChatId)
const isUserId = Schema.is(UserId)
const idOf = (text: string): number => (/^[1-9]\d{0,15}$/.test(text) ? Number(text) : 0)

/** undefined: not a key of this kind. */
export const subjectOf = (kind: StateKind, key: string): StateSubject | undefined => {
  const rest = key.slice(kind.prefix.length)
  switch (kind.names) {
    case "nothing":
      return key === kind.prefix ? { kind, chat_id: null, user_id: null } : undefined
    case "chat": {
      const chat_id = idOf(rest)
      return key.startsWith(kind.prefix) && isChatId(chat_id) ? { kind, chat_id, user_id: null } : undefined
    }
    case "user": {
      const user_id = idOf(rest)
      return key.startsWith(kind.prefix) && isUserId(user_id) ? { kind, chat_id: null, user_id } : undefined
    }
    case "name":
      return key.startsWith(kind.prefix) && rest !== "" ? { kind, chat_id: null, user_id: null } : undefined
    default:
      return kind.names satisfies never
  }
}
