// Owns stored scheduled messages: each is a value of its sender's state and a job (scheduled_message) with the same key,
// which are changed together. Exactly one of two things happens to it: it is called off, or sending it begins; that is
// when a node first claims its job. From then on it can be neither changed nor called off, unless the chat refuses it.
// Does not own sending (services/ScheduledDelivery).
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { MessageId, UserId } from "../../domain/Ids.ts"

export interface ScheduledWrite {
  readonly user_id: UserId
  readonly key: string
  /** JSON, the same for equal values. */
  readonly value: string
  /** When it is sent, epoch milliseconds. */
  readonly due_at: number
}

/** Sending has begun. `message_id` null: it is under way. */
export interface Begun {
  readonly _tag: "Begun"
  readonly message_id: MessageId | null
}

/** `version`: of the user's state, at the change. */
export interface Changed {
  readonly _tag: "Changed"
  readonly version: number
}

/** Nothing changed; `version` is that of the value, or of the state if there is none. */
export interface Same {
  readonly _tag: "Same"
  readonly version: number
}

/** The value is another one than expected, and nothing changed. */
export interface Stale {
  readonly _tag: "Stale"
}

export interface Full {
  readonly _tag: "Full"
  readonly most: number
}

export interface EndedSending {
  readonly user_id: UserId
  readonly key: string
  /** The value that was sent. */
  readonly former: string
  /** JSON with the refusal; null: it was sent. */
  readonly value: string | null
  /** What was sent. */
  readonly message_id: MessageId | null
}

export interface ScheduledStoreShape {
  /** `former`: the value that is replaced; null: the key is new. */
  put(write: ScheduledWrite, former: string | null): Effect.Effect<Changed | Same | Stale | Full | Begun, Unavailable>
  /** `Same`: there is no such message, and none was sent under this key (as long as its removal is remembered). */
  callOff(user_id: UserId, key: string): Effect.Effect<Changed | Same | Begun, Unavailable>
  /**
   * Sending has ended: the value is removed, or with the refusal stays. `Stale`: the value is another one: another node
   * has ended it, or the account was deleted.
   */
  end(ended: EndedSending): Effect.Effect<Changed | Stale, Unavailable>
}
