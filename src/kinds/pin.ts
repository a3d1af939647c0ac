// A message that is pinned in its chat, for all members.
import { Schema } from "effect"
import { MessageDeleted, NotAllowed, TooManyPins } from "../domain/errors.ts"
import { UserId } from "../domain/Ids.ts"
import { Timestamp, timestamp } from "../domain/Timestamp.ts"
import { kind } from "./Kind.ts"

export const maxPins = 50

export const pin = kind({
  name: "pin",
  verb: "pin",
  feature: "pins",
  ask: {},
  /** When it was pinned, or unpinned; epoch milliseconds. */
  body: Schema.Struct({ at: Schema.Finite }),
  empty: { at: 0 },
  shows: { user_id: UserId, at: Timestamp, removed: Schema.optionalKey(Schema.Literal(true)) },
  scope: "chat",
  each: "message",
  whenDeleted: "removed",
  inMessage: false,
  rule: ({ at, chat, count, deleted, on, own, role }) => {
    if (chat === "group" && role === "member") return { _tag: "Refused", error: new NotAllowed() }
    if (on === (own !== undefined)) return { _tag: "Unchanged" }
    if (!on) return { _tag: "Removed", body: { at } }
    if (deleted) return { _tag: "Refused", error: new MessageDeleted() }
    return count < maxPins
      ? { _tag: "Kept", body: { at } }
      : { _tag: "Refused", error: new TooManyPins({ max_pins: maxPins }) }
  },
  show: ({ body: { at }, removed, user_id }) => ({ user_id, at: timestamp(at), ...(removed ? { removed } : {}) }),
})
