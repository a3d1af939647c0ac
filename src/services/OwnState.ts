// What users can do with their own state (see kinds/StateKinds): list it, set a value, remove one. Publishes each
// change to the user's devices after its commit.
import { Context, Effect, Layer, Result, Schedule, Schema } from "effect"
import { ChatActors } from "../actors/ChatActors.ts"
import type { Command, CommandError } from "../actors/rules/Command.ts"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { blockKey } from "../domain/blocks.ts"
import { chatSettingsKey, unreadMark } from "../domain/ChatSettings.ts"
import {
  type AlreadySent,
  ChatNotFound,
  type FileNotFound,
  InvalidInput,
  type MessageNotFound,
  type ScheduledNotFound,
  StateFull,
  type TooManyRequests,
  type Unavailable,
  type UserNotFound,
  ValueTooLarge,
} from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import { canonicalJson } from "../domain/Json.ts"
import { hidesReading } from "../domain/ReadReceipts.ts"
import type { StateEntry } from "../domain/State.ts"
import type { StateSubject } from "../kinds/StateKind.ts"
import { keptValue, maxValueBytes, OwnSettings, stateKinds, stateSubject } from "../kinds/StateKinds.ts"
import { ChatStore } from "../sql/chats/ChatStore.ts"
import { type StateRemoval, StateStore, type StateWritten } from "../sql/state/StateStore.ts"
import { makeBlocks } from "./blocks.ts"
import { makeChatSettings, readUpTo, withReadSeq } from "./chatSettings.ts"
import type { Directory } from "./Directory.ts"
import { RateLimits } from "./limits/RateLimits.ts"
import { PrivateReaders } from "./PrivateReaders.ts"
import { ScheduledMessages } from "./ScheduledMessages.ts"
import { UnreadMarks } from "./unreadMarks.ts"

export interface StatePage {
  readonly items: ReadonlyArray<StateEntry>
  /** The `after` of the next page; null: there are no more. */
  readonly next: string | null
  readonly version: number
}

/** The refusals of a new value. */
export type StateWriteError =
  | AlreadySent
  | ChatNotFound
  | FileNotFound
  | InvalidInput
  | MessageNotFound
  | ScheduledNotFound
  | StateFull
  | Unavailable
  | UserNotFound
  | ValueTooLarge

export interface StateRange {
  readonly limit: number
  readonly prefix?: string | undefined
  readonly after?: string | undefined
}

export type ReadError = CommandError<Extract<Command, { readonly _tag: "Read" }>>

/** How often it is tried to remove the mark of a chat that was read; the next reading tries again. */
const clearTries = 60
const clearedAtOnce = 200

/** The settings without the mark; null: there are no others. */
const withoutUnread = (settings: string): string | null => {
  const { unread: _, ...rest }: { readonly unread?: true } = JSON.parse(settings)
  return Object.keys(rest).length === 0 ? null : canonicalJson(rest)
}

const malformed = (path: string, message: string) => new InvalidInput({ issues: [{ path, message }] })
/** This JSON is our own. */
const parse = Schema.decodeSync(Schema.fromJsonString(Schema.Json))
/** This JSON is our own. */
const ownSettings = Schema.decodeSync(Schema.fromJsonString(OwnSettings))

export class OwnState extends Context.Service<
  OwnState,
  {
    list(by: UserId, range: StateRange): Effect.Effect<StatePage, Unavailable>
    /** `null` removes it. An equal value, and the removal of a missing one, change nothing. */
    put(by: UserId, key: string, value: unknown): Effect.Effect<StateEntry, StateWriteError | TooManyRequests>
    remove(
      by: UserId,
      key: string,
    ): Effect.Effect<void, AlreadySent | ChatNotFound | InvalidInput | TooManyRequests | Unavailable>
    /** `put` for the socket edge, which applies the user's rate limit itself. */
    putUnlimited(by: UserId, key: string, value: unknown): Effect.Effect<StateEntry, StateWriteError>
    /** The user has read the chat, or sent to it: if they have marked it as unread, the mark goes in the background. */
    noteRead(by: UserId, chat_id: ChatId): void
    /** Whether `noteRead` after this reading of the chat, or sending to it, may have something to do. */
    mayBeMarked(by: UserId, chat_id: ChatId, by_sending: boolean): boolean
    /** Removes the mark of a chat that the user has read. */
    clearUnread(by: UserId, chat_id: ChatId): Effect.Effect<void, Unavailable>
    /** Removes all marks of the user. */
    clearAllUnread(by: UserId): Effect.Effect<void, Unavailable>
    /** What this node knows of the marks of all users; the hub brings it the signals. */
    readonly unreadMarks: UnreadMarks
    /** Whether this reading may be one that others must not see; `read` decides. */
    mayReadPrivately(by: UserId): boolean
    /**
     * The user reads the chat up to there: by its actor, or so that others do not see it. Succeeds with how far they have
     * read in either way.
     */
    read(by: UserId, chat_id: ChatId, seq: number): Effect.Effect<{ readonly last_read_seq: number }, ReadError>
    /** Whether forwards of what this user wrote name the user: `forward_link` of the user's settings. */
    mayBeNamed(author: UserId): Effect.Effect<boolean, Unavailable>
    /** What this node knows of who reads privately; the hub brings it the signals. */
    readonly privateReaders: PrivateReaders
    /**
     * These users, or all (undefined), have left the chat: their state about it is removed; while the database is away,
     * in the background.
     */
    forgetChat(chat_id: ChatId, user_ids: ReadonlyArray<UserId> | undefined): Effect.Effect<void>
    /** The account was deleted: other users' state about it is removed. */
    forgetUser(user_id: UserId): Effect.Effect<void, Unavailable>
    /** The private chat of the two and the blocked user's devices read whether there is a block. */
    heedBlock(by: UserId, blocked_id: UserId): Effect.Effect<void, Unavailable>
  }
>()("confab/services/OwnState") {
  static readonly layer: Layer.Layer<
    OwnState,
    never,
    Broadcast | ChatActors | ChatStore | Directory | RateLimits | ScheduledMessages | StateStore
  > = Layer.effect(
    OwnState,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const rows = yield* StateStore
  const chats = yield* ChatStore
  const limits = yield* RateLimits
  const broadcast = yield* Broadcast
  const actors = yield* ChatActors
  const scheduled = yield* ScheduledMessages
  const blocks = yield* makeBlocks
  const chatSettings = yield* makeChatSettings

  /** JSON that is the same for equal values; null: no value. */
  const textOf = Effect.fnUntraced(function* ({ kind }: StateSubject, value: unknown) {
    if (value === null) return null
    const kept = keptValue(kind, value)
    if (Result.isFailure(kept)) return yield* new InvalidInput({ issues: kept.failure })
    const text = canonicalJson(kept.success)
    return Buffer.byteLength(text) <= maxValueBytes ? text : yield* new ValueTooLarge()
  })

  const services = yield* Effect.context<never>()
  const fork = Effect.runForkWith(services)
  const marks = new UnreadMarks(rows)
  yield* Effect.forkScoped(marks.read)
  const readers = new PrivateReaders(rows, broadcast.isUp)
  yield* Effect.forkScoped(readers.read)

  /** The result is unknown: the user's devices read the state. */
  const unsure = (user_id: UserId) => broadcast.publish({ _tag: "StateChanged", user_id, version: 0, changes: [] })

  const putBlock = Effect.fnUntraced(function* (by: UserId, blocked_id: UserId, on: boolean) {
    const key = blockKey(blocked_id)
    // Fields of the client's value are not kept: there are none.
    const value = on ? "{}" : null
    const stored = (written: StateWritten) => {
      if (written._tag !== "Changed") return Effect.void
      const { version } = written
      return broadcast.publish({ _tag: "StateChanged", user_id: by, version, changes: [{ key, value, version }] })
    }
    const written = yield* blocks
      .set(by, blocked_id, on, stored)
      .pipe(Effect.tapErrorTag("Unavailable", () => unsure(by)))
    if (written._tag === "Full") return yield* new StateFull({ max_keys: written.most })
    return { key, value: on ? {} : null, version: written.version }
  })

  const putChatSettings = Effect.fnUntraced(function* (by: UserId, chat_id: ChatId, text: string | null) {
    const { value, written } = yield* chatSettings.change(by, chat_id, (former) => withReadSeq(text, former))
    if (written._tag === "Full") return yield* new StateFull({ max_keys: written.most })
    if (written._tag === "Changed" && text?.includes(unreadMark)) {
      marks.note({ user_id: by, chat_id })
      yield* broadcast.publish({ _tag: "MarkedUnread", user_id: by, chat_id })
    }
    return { key: chatSettingsKey(chat_id), value: value === null ? null : parse(value), version: written.version }
  })

  const putUnlimited = Effect.fn("OwnState.put")(function* (by: UserId, key: string, value: unknown) {
    const subject = stateSubject(key)
    if (subject === undefined) return yield* malformed("key", "is no key of one's own state")
    if (subject.kind === stateKinds.scheduled) {
      return yield* value === null ? scheduled.callOff(by, key) : scheduled.change(by, key, value)
    }
    const text = yield* textOf(subject, value)
    const { chat_id, user_id } = subject
    if (user_id !== null) return yield* putBlock(by, user_id, text !== null)
    if (chat_id !== null && !(yield* chats.isMember(chat_id, by))) return yield* new ChatNotFound()
    if (chat_id !== null && subject.kind === stateKinds.chat) return yield* putChatSettings(by, chat_id, text)
    const write = { user_id: by, key, value: text, chat_id }
    const written = yield* rows.write(write).pipe(Effect.tapCause(() => unsure(by)))
    if (written._tag === "Full") return yield* new StateFull({ max_keys: written.most })
    const { version } = written
    if (subject.kind === stateKinds.settings && text?.includes(hidesReading)) {
      readers.note(by)
      yield* broadcast.publish({ _tag: "ReadsPrivately", user_id: by })
    }
    if (written._tag === "Changed") {
      yield* broadcast.publish({ _tag: "StateChanged", user_id: by, version, changes: [{ key, value: text, version }] })
    }
    return { key, value: text === null ? null : parse(text), version }
  }, Effect.uninterruptible)

  const clearUnread = Effect.fn("OwnState.clearUnread")(function* (user_id: UserId, chat_id: ChatId) {
    const key = chatSettingsKey(chat_id)
    for (;;) {
      // Before the value is read: a mark that is set from now on is noted again.
      marks.forget({ user_id, chat_id })
      const former = yield* rows.get(user_id, key)
      if (former === undefined || former.value === null || !former.value.includes(unreadMark)) return
      const value = withoutUnread(former.value)
      const written = yield* rows
        .replace({ user_id, key, value, chat_id }, former.value)
        .pipe(Effect.tapCause(() => unsure(user_id)))
      if (written._tag === "Stale") continue
      // The key is there.
      if (written._tag === "Full") return yield* Effect.die(new Error("A present key does not fit"))
      const { version } = written
      return yield* broadcast.publish({ _tag: "StateChanged", user_id, version, changes: [{ key, value, version }] })
    }
  }, Effect.uninterruptible)

  /** A mark that could not be removed stays known. */
  const clearKnown = (user_id: UserId, chat_id: ChatId) =>
    Effect.tapCause(clearUnread(user_id, chat_id), () => Effect.sync(() => marks.note({ user_id, chat_id })))

  const readPrivately = Effect.fn("OwnState.readPrivately")(function* (by: UserId, chat_id: ChatId, seq: number) {
    const read = yield* chats.readPrivately(chat_id, by, seq)
    if (read === undefined) return undefined
    const { hides, private_read_seq, shown_seq } = read
    // Also when it was stored before: that request may have failed in between.
    if (hides && private_read_seq > shown_seq) {
      yield* chatSettings.change(by, chat_id, (former) => readUpTo(former, private_read_seq))
    }
    return { hides, last_read_seq: Math.max(private_read_seq, shown_seq) }
  }, Effect.uninterruptible)

  const read = Effect.fn("OwnState.read")(function* (by: UserId, chat_id: ChatId, seq: number) {
    const own = readers.has(by) ? yield* readPrivately(by, chat_id, seq) : undefined
    if (own?.hides === true) return { last_read_seq: own.last_read_seq }
    const { last_read_seq } = yield* actors.ask(chat_id, { _tag: "Read", by, seq })
    // What was read privately before stays read.
    return { last_read_seq: Math.max(last_read_seq, own?.last_read_seq ?? 0) }
  })

  const publishRemovals = (removals: ReadonlyArray<StateRemoval>) =>
    Effect.forEach(
      removals,
      ({ key, user_id, version }) =>
        broadcast.publish({ _tag: "StateChanged", user_id, version, changes: [{ key, value: null, version }] }),
      { discard: true },
    )

  return OwnState.of({
    list: Effect.fn("OwnState.list")(function* (by, { after = "", limit, prefix = "" }) {
      const { items, version } = yield* rows.page(by, { after, limit: limit + 1, prefix })
      const shown = items.slice(0, limit)
      return {
        items: shown.map(({ key, value, version }) => ({ key, value: value === null ? null : parse(value), version })),
        next: items.length > limit ? (shown.at(-1)?.key ?? null) : null,
        version,
      }
    }),
    put: (by, key, value) => Effect.andThen(limits.demand("messages", by), putUnlimited(by, key, value)),
    remove: (by, key) =>
      limits.demand("messages", by).pipe(
        Effect.andThen(putUnlimited(by, key, null)),
        Effect.asVoid,
        // These concern values.
        Effect.catchTags({
          FileNotFound: Effect.die,
          MessageNotFound: Effect.die,
          ScheduledNotFound: Effect.die,
          StateFull: Effect.die,
          UserNotFound: Effect.die,
          ValueTooLarge: Effect.die,
        }),
      ),
    putUnlimited,
    noteRead: (by, chat_id) => {
      fork(
        clearKnown(by, chat_id).pipe(
          Effect.retry({ schedule: Schedule.spaced("1 second"), times: clearTries }),
          Effect.catch(() => Effect.logDebug("The mark of an unread chat could not be removed")),
        ),
      )
    },
    mayBeMarked: (by, chat_id, by_sending) => (by_sending ? marks.has(by, chat_id) : marks.mayHave(by, chat_id)),
    clearUnread: (by, chat_id) => (marks.mayHave(by, chat_id) ? clearKnown(by, chat_id) : Effect.void),
    clearAllUnread: Effect.fn("OwnState.clearAllUnread")(function* (by) {
      for (;;) {
        const found = yield* rows.unreadMarks(undefined, clearedAtOnce, by)
        yield* Effect.forEach(found, ({ chat_id }) => clearUnread(by, chat_id), { discard: true })
        if (found.length < clearedAtOnce) return
      }
    }),
    unreadMarks: marks,
    privateReaders: readers,
    mayBeNamed: Effect.fn("OwnState.mayBeNamed")(function* (author) {
      const settings = yield* rows.get(author, stateKinds.settings.prefix)
      return settings === undefined || settings.value === null || ownSettings(settings.value).forward_link !== false
    }),
    mayReadPrivately: (by) => readers.has(by),
    read,
    forgetChat: Effect.fn("OwnState.forgetChat")(function* (chat_id, user_ids) {
      const forget = (ids: typeof user_ids) =>
        rows.forgetChat(chat_id, ids).pipe(
          Effect.tapCause(() => Effect.forEach(ids ?? [], unsure, { discard: true })),
          Effect.flatMap(publishRemovals),
          Effect.uninterruptible,
        )
      /** Those who are members again have state that is not to be removed. */
      const forgetLater = Effect.gen(function* () {
        const left =
          user_ids && (yield* Effect.filter(user_ids, (id) => Effect.map(chats.isMember(chat_id, id), (is) => !is)))
        yield* forget(left)
      })
      yield* Effect.catch(forget(user_ids), () =>
        Effect.sync(() => {
          fork(
            Effect.retry(forgetLater, { schedule: Schedule.spaced("1 second"), times: clearTries }).pipe(
              Effect.delay("1 second"),
              Effect.catch(() => Effect.logWarning("The own state about a chat that was left could not be removed")),
            ),
          )
        }),
      )
    }),
    forgetUser: Effect.fn("OwnState.forgetUser")((user_id) =>
      Effect.uninterruptible(blocks.forget(user_id, publishRemovals)),
    ),
    heedBlock: Effect.fn("OwnState.heedBlock")((by, blocked_id) => blocks.heed(by, blocked_id)),
  })
})
