// Sends scheduled messages through the chat's actor, by the rules of that moment: the work of the job
// `scheduled_message`. The message's dedup_key makes a repetition harmless, so that a message is sent once, also when
// this process dies at any step. What the chat refuses stays with the refusal. The sender's rate limit was applied when
// it was scheduled.
import { Context, Effect, Layer, Schema } from "effect"
import { ChatActors } from "../actors/ChatActors.ts"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { AccountSuspended, type Unavailable } from "../domain/errors.ts"
import type { MessageId, UserId } from "../domain/Ids.ts"
import { canonicalJson } from "../domain/Json.ts"
import { Scheduled } from "../domain/Scheduled.ts"
import { Journal } from "../sql/journal/Journal.ts"
import { ScheduledStore } from "../sql/scheduled/ScheduledStore.ts"
import { StateStore } from "../sql/state/StateStore.ts"
import { UserStore } from "../sql/users/UserStore.ts"
import { Messages } from "./Messages.ts"
import { OwnState } from "./OwnState.ts"

/** How sending ended. */
type Ended = { readonly message_id: MessageId } | { readonly failed: string }

export class ScheduledDelivery extends Context.Service<
  ScheduledDelivery,
  {
    /** `attempt`: 1 for the first; an earlier one may have sent it. Has the same effect each time. */
    send(by: UserId, key: string, attempt: number): Effect.Effect<void, Unavailable>
  }
>()("confab/services/ScheduledDelivery") {
  static readonly layer: Layer.Layer<
    ScheduledDelivery,
    never,
    Broadcast | ChatActors | Journal | Messages | OwnState | ScheduledStore | StateStore | UserStore
  > = Layer.effect(
    ScheduledDelivery,
    Effect.suspend(() => make),
  )
}

/** This JSON is our own. */
const parse = Schema.decodeSync(Schema.fromJsonString(Scheduled))

const make = Effect.gen(function* () {
  const rows = yield* ScheduledStore
  const state = yield* StateStore
  const ownState = yield* OwnState
  const actors = yield* ChatActors
  const messages = yield* Messages
  const journal = yield* Journal
  const broadcast = yield* Broadcast
  const users = yield* UserStore

  const send = Effect.fnUntraced(function* (
    by: UserId,
    key: string,
    { attachments, chat_id, reply_to, text }: Scheduled,
    attempt: number,
  ) {
    const draft = yield* messages.compose(by, { text, dedup_key: key, reply_to, attachments })
    const isSuspended = (yield* users.credentials(by))?.suspended === true
    const permitted = isSuspended ? Effect.fail(new AccountSuspended()) : Effect.void
    return yield* Effect.andThen(permitted, actors.ask(chat_id, { _tag: "Send", by, draft })).pipe(
      Effect.map(({ message }): Ended => ({ message_id: message.id })),
      Effect.catch((error): Effect.Effect<Ended, Unavailable> => {
        if (error._tag === "Unavailable") return Effect.fail(error)
        const refused: Ended = { failed: error._tag }
        if (attempt === 1 || error._tag === "DedupKeyReused") return Effect.succeed(refused)
        // An earlier attempt whose result is not known may have sent it before the chat began to refuse.
        return Effect.map(
          journal.byDedupKeys(chat_id, [{ sender_id: by, dedup_key: key }]),
          ([sent]): Ended => (sent === undefined ? refused : { message_id: sent.id }),
        )
      }),
    )
  })

  return ScheduledDelivery.of({
    send: Effect.fn("ScheduledDelivery.send")(function* (by, key, attempt) {
      const former = (yield* state.get(by, key))?.value ?? null
      if (former === null) return
      const scheduled = parse(former)
      if (scheduled.failed !== undefined) return
      const ended = yield* send(by, key, scheduled, attempt)
      const isSent = "message_id" in ended
      const message_id = isSent ? ended.message_id : null
      const value = isSent ? null : canonicalJson({ ...scheduled, ...ended })
      const written = yield* rows.end({ user_id: by, key, former, value, message_id })
      if (written._tag === "Stale") return
      const { version } = written
      yield* broadcast.publish({ _tag: "StateChanged", user_id: by, version, changes: [{ key, value, version }] })
      const { chat_id } = scheduled
      if (isSent && ownState.mayBeMarked(by, chat_id, true)) ownState.noteRead(by, chat_id)
    }),
  })
})
