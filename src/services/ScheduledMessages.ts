// What users can do with messages that are to be sent later: schedule one, change it, call it off. Publishes each change
// to the user's devices after its commit. Does not send them: ScheduledDelivery does.
import { Clock, Context, Effect, Layer, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { Broadcast } from "../broadcast/Broadcast.ts"
import {
  AlreadySent,
  ChatNotFound,
  FileNotFound,
  InvalidInput,
  MessageNotFound,
  ScheduledNotFound,
  StateFull,
  type TooManyRequests,
  type Unavailable,
} from "../domain/errors.ts"
import type { FileId } from "../domain/File.ts"
import type { ChatId, MessageId, UserId } from "../domain/Ids.ts"
import { issuesOf } from "../domain/issues.ts"
import { canonicalJson } from "../domain/Json.ts"
import {
  maxAheadMillis,
  type NewScheduled,
  Scheduled,
  ScheduledChange,
  saidNothing,
  scheduledKey,
} from "../domain/Scheduled.ts"
import type { StateEntry } from "../domain/State.ts"
import { type Timestamp, timestamp } from "../domain/Timestamp.ts"
import { ChatStore } from "../sql/chats/ChatStore.ts"
import { DatabaseClock } from "../sql/database/DatabaseClock.ts"
import { FileStore } from "../sql/files/FileStore.ts"
import { JobAlarm } from "../sql/jobs/JobAlarm.ts"
import { MessageStore } from "../sql/messages/MessageStore.ts"
import { ScheduledStore } from "../sql/scheduled/ScheduledStore.ts"
import { StateStore } from "../sql/state/StateStore.ts"
import { RateLimits } from "./limits/RateLimits.ts"

type ScheduleError = InvalidInput | ChatNotFound | MessageNotFound | FileNotFound | StateFull | Unavailable

export class ScheduledMessages extends Context.Service<
  ScheduledMessages,
  {
    /** The new value of the user's own state, under a key of its own. */
    schedule(
      by: UserId,
      chat_id: ChatId,
      message: NewScheduled,
    ): Effect.Effect<StateEntry, ScheduleError | TooManyRequests>
    /** A `ScheduledChange`; without the user's limit. A message that was refused is scheduled anew. */
    change(
      by: UserId,
      key: string,
      change: unknown,
    ): Effect.Effect<StateEntry, ScheduleError | ScheduledNotFound | AlreadySent>
    /** Once this succeeds, the message is never sent. One that does not exist: nothing happens. */
    callOff(by: UserId, key: string): Effect.Effect<StateEntry, AlreadySent | Unavailable>
  }
>()("confab/services/ScheduledMessages") {
  static readonly layer: Layer.Layer<
    ScheduledMessages,
    never,
    | Broadcast
    | ChatStore
    | DatabaseClock
    | FileStore
    | JobAlarm
    | MessageStore
    | RateLimits
    | ScheduledStore
    | SecureRandom.SecureRandom
    | StateStore
  > = Layer.effect(
    ScheduledMessages,
    Effect.suspend(() => make),
  )
}

/** This JSON is our own. */
const parse = Schema.decodeSync(Schema.fromJsonString(Scheduled))
const decodeChange = Schema.decodeUnknownEffect(ScheduledChange)

/** What is null is absent in the value. */
const named = ({ attachments, reply_to }: Pick<NewScheduled, "attachments" | "reply_to">) => ({
  ...(reply_to == null ? {} : { reply_to }),
  ...(attachments == null ? {} : { attachments }),
})

const make = Effect.gen(function* () {
  const rows = yield* ScheduledStore
  const state = yield* StateStore
  const chats = yield* ChatStore
  const messages = yield* MessageStore
  const files = yield* FileStore
  const limits = yield* RateLimits
  const broadcast = yield* Broadcast
  const alarm = yield* JobAlarm
  const clock = yield* DatabaseClock
  const random = yield* SecureRandom.SecureRandom

  const malformed = (path: string, message: string) => new InvalidInput({ issues: [{ path, message }] })

  /** The time as it is kept: not in the past. */
  const timeOf = Effect.fnUntraced(function* (at: Timestamp) {
    const [time, now] = [Date.parse(at), clock.now()]
    if (time > now + maxAheadMillis) return yield* malformed("at", "must be a year ahead at most")
    return timestamp(Math.max(time, now))
  })

  const mustSee = Effect.fnUntraced(function* (by: UserId, chat_id: ChatId, reply_to: MessageId | null) {
    if (!(yield* chats.isMember(chat_id, by))) return yield* new ChatNotFound()
    if (reply_to === null) return
    const place = yield* messages.place(reply_to, by)
    if (place?.chat_id !== chat_id) return yield* new MessageNotFound()
  })

  /** Files of a scheduled message are kept like those of a draft: from now on by its value. */
  const mustOwn = Effect.fnUntraced(function* (by: UserId, attachments: ReadonlyArray<FileId>) {
    if (attachments.length === 0) return
    const held = yield* files.hold(attachments, by, yield* Clock.currentTimeMillis)
    if (held.length < attachments.length) return yield* new FileNotFound()
  })

  /** The result is unknown: the user's devices read the state. */
  const unsure = (user_id: UserId) => broadcast.publish({ _tag: "StateChanged", user_id, version: 0, changes: [] })

  const publish = (user_id: UserId, key: string, value: string | null, version: number) =>
    broadcast.publish({ _tag: "StateChanged", user_id, version, changes: [{ key, value, version }] })

  /** `former`: the stored value that it replaces. Fails with `Stale` when it is another by now. */
  const put = Effect.fnUntraced(function* (user_id: UserId, key: string, message: Scheduled, former: string | null) {
    const value = canonicalJson(message)
    const due_at = Date.parse(message.at)
    const written = yield* rows
      .put({ user_id, key, value, due_at }, former)
      .pipe(Effect.tapCause(() => unsure(user_id)))
    switch (written._tag) {
      case "Stale":
        return undefined
      case "Full":
        return yield* new StateFull({ max_keys: written.most })
      case "Begun":
        return yield* new AlreadySent({ message_id: written.message_id })
      case "Changed":
        alarm.ring(due_at)
        yield* publish(user_id, key, value, written.version)
        return { key, value: message, version: written.version }
      case "Same":
        return { key, value: message, version: written.version }
      default:
        return written satisfies never
    }
  })

  return ScheduledMessages.of({
    schedule: Effect.fn("ScheduledMessages.schedule")(function* (by, chat_id, written) {
      const { at, attachments = null, reply_to = null, text } = written
      yield* limits.demand("messages", by)
      yield* mustSee(by, chat_id, reply_to)
      yield* mustOwn(by, attachments ?? [])
      const message = { chat_id, at: yield* timeOf(at), text, ...named({ reply_to, attachments }) }
      const key = scheduledKey(yield* random.uuidV4())
      const entry = yield* put(by, key, message, null).pipe(Effect.catchTag("AlreadySent", Effect.die))
      return entry ?? (yield* Effect.die(new Error("A random key is in use")))
    }, Effect.uninterruptible),
    change: Effect.fn("ScheduledMessages.change")(function* (by, key, change) {
      const { at, attachments, chat_id, reply_to, text } = yield* Effect.mapError(
        decodeChange(change),
        ({ issue }) => new InvalidInput({ issues: issuesOf(issue) }),
      )
      for (;;) {
        const former = yield* state.get(by, key)
        if (former === undefined || former.value === null) {
          // Distinguishes a message that was sent from one that never existed.
          const written = yield* rows.callOff(by, key)
          return yield* written._tag === "Begun"
            ? new AlreadySent({ message_id: written.message_id })
            : new ScheduledNotFound()
        }
        const { failed: _, attachments: files = null, reply_to: earlier = null, ...present } = parse(former.value)
        if (chat_id != null && chat_id !== present.chat_id) return yield* malformed("chat_id", "cannot be changed")
        const reply = reply_to === undefined ? earlier : reply_to
        const attached = attachments === undefined ? files : attachments
        const content = { text: text ?? present.text, attachments: attached }
        const problem = saidNothing(content)
        if (problem !== undefined) return yield* malformed("text", problem.issue)
        yield* mustSee(by, present.chat_id, reply === earlier ? null : reply)
        yield* mustOwn(by, attachments ?? [])
        const message = {
          ...present,
          at: at == null || at === present.at ? present.at : yield* timeOf(at),
          text: content.text,
          ...named({ reply_to: reply, attachments: attached }),
        }
        const entry = yield* put(by, key, message, former.value)
        if (entry !== undefined) return entry
      }
    }, Effect.uninterruptible),
    callOff: Effect.fn("ScheduledMessages.callOff")(function* (by, key) {
      const written = yield* rows.callOff(by, key).pipe(Effect.tapCause(() => unsure(by)))
      if (written._tag === "Begun") return yield* new AlreadySent({ message_id: written.message_id })
      if (written._tag === "Changed") yield* publish(by, key, null, written.version)
      return { key, value: null, version: written.version }
    }, Effect.uninterruptible),
  })
})
