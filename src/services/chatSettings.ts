// Values of one's own settings of a chat that depend on what they were: the server's `read_seq` stays when the client
// sets the others, and the other way round.
import { Effect } from "effect"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { chatSettingsKey } from "../domain/ChatSettings.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import { canonicalJson, type JsonObject } from "../domain/Json.ts"
import { StateStore, type StateWritten } from "../sql/state/StateStore.ts"

/** The stored value, canonical JSON; null: none. */
type Stored = string | null

const fieldsOf = (stored: Stored): JsonObject => (stored === null ? {} : JSON.parse(stored))
const readSeqOf = ({ read_seq }: JsonObject): number => (typeof read_seq === "number" ? read_seq : 0)

/** The client's value with what the server has added to the former one. */
export const withReadSeq = (value: Stored, former: Stored): Stored => {
  const read_seq = readSeqOf(fieldsOf(former))
  return value === null || read_seq === 0 ? value : canonicalJson({ ...fieldsOf(value), read_seq })
}

/** Read up to there: no longer marked as unread. */
export const readUpTo = (former: Stored, seq: number): Stored => {
  const { unread: _, ...fields } = fieldsOf(former)
  return readSeqOf(fields) >= seq ? former : canonicalJson({ ...fields, read_seq: seq })
}

export interface ChatSettingsWrites {
  /** Replaces the value by what `next` makes of it, and publishes the change. Returns the value now. */
  change(
    user_id: UserId,
    chat_id: ChatId,
    next: (former: Stored) => Stored,
  ): Effect.Effect<{ readonly written: StateWritten; readonly value: Stored }, Unavailable>
}

export const makeChatSettings: Effect.Effect<ChatSettingsWrites, never, StateStore | Broadcast> = Effect.gen(
  function* () {
    const rows = yield* StateStore
    const broadcast = yield* Broadcast
    /** The result is unknown: the user's devices read the state. */
    const unsure = (user_id: UserId) => broadcast.publish({ _tag: "StateChanged", user_id, version: 0, changes: [] })

    return {
      change: Effect.fnUntraced(function* (user_id, chat_id, next) {
        const key = chatSettingsKey(chat_id)
        for (;;) {
          const former = (yield* rows.get(user_id, key))?.value ?? null
          const value = next(former)
          const written = yield* rows
            .replace({ user_id, key, value, chat_id }, former)
            .pipe(Effect.tapCause(() => unsure(user_id)))
          if (written._tag === "Stale") continue
          if (written._tag === "Changed") {
            const { version } = written
            const changes = [{ key, value, version }]
            yield* broadcast.publish({ _tag: "StateChanged", user_id, version, changes })
          }
          return { written, value }
        }
      }),
    }
  },
)
