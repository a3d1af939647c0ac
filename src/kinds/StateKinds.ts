// The table of kinds of own state: all keys, and their possible values.
import { Predicate, Result, Schema } from "effect"
import { blockPrefix } from "../domain/blocks.ts"
import { maybe, OwnChatSettings } from "../domain/ChatSettings.ts"
import { Attachments } from "../domain/Draft.ts"
import { MessageId } from "../domain/Ids.ts"
import { type Issue, issuesOf } from "../domain/issues.ts"
import { AnyJson } from "../domain/Json.ts"
import { ScheduledChange, scheduledPrefix } from "../domain/Scheduled.ts"
import { Text, text } from "../domain/Text.ts"
import { type StateKind, type StateSubject, subjectOf } from "./StateKind.ts"

export const maxStateKeys = 5_000
/** The size of a value, as JSON in UTF-8. */
export const maxValueBytes = 16_384
const keyLength = 64

export const OwnSettings = Schema.Struct({
  read_receipts: maybe(Schema.Boolean),
  forward_link: maybe(Schema.Boolean),
  notify: maybe(Schema.Literals(["full", "name", "none"])),
  language: maybe(text(1, 35)),
}).annotate({ identifier: "OwnSettings" })

export const StateDraft = Schema.Struct({
  text: maybe(text(1, 4096)),
  reply_to: maybe(MessageId),
  attachments: maybe(Attachments),
}).annotate({ identifier: "StateDraft" })

/** Users whom one user may block. */
export const maxBlocks = 1_000

export const stateKinds = {
  settings: { prefix: "settings", names: "nothing", value: OwnSettings },
  chat: { prefix: "chat:", names: "chat", value: OwnChatSettings },
  draft: { prefix: "draft:", names: "chat", value: StateDraft },
  scheduled: { prefix: scheduledPrefix, names: "name", value: ScheduledChange },
  block: { prefix: blockPrefix, names: "user", value: Schema.Struct({}), most: maxBlocks },
  app: { prefix: "app:", names: "name", value: AnyJson },
} as const satisfies { readonly [name: string]: StateKind }

const all: ReadonlyArray<StateKind> = Object.values(stateKinds)

const shape = new RegExp(`^[a-z0-9_:.-]{1,${keyLength}}$`)

/** The meaning of the key; undefined: not a key. */
export const stateSubject = (key: string): StateSubject | undefined => {
  if (!shape.test(key)) return undefined
  for (const kind of all) {
    const subject = subjectOf(kind, key)
    if (subject !== undefined) return subject
  }
  return undefined
}

const decoders = new Map(all.map((kind) => [kind, Schema.decodeUnknownResult(kind.value)] as const))

/** What is stored of a client's value, or its issues. */
export const keptValue = (kind: StateKind, value: unknown): Result.Result<unknown, ReadonlyArray<Issue>> => {
  const isFree = kind.value === AnyJson
  if (!isFree && !Predicate.isObject(value)) return Result.fail([{ path: "", message: "must be an object" }])
  const decoded = decoders.get(kind)?.(value) ?? Result.succeed(value)
  return Result.mapBoth(decoded, {
    onFailure: ({ issue }) => issuesOf(issue),
    onSuccess: (kept) => (isFree || !Predicate.isObject(kept) ? kept : withoutNulls(kept)),
  })
}

const withoutNulls = (fields: object): unknown =>
  Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== null))

const forms = all.map(({ names, prefix }) => (names === "nothing" ? prefix : `${prefix}<${names}>`)).join(", ")

export const StateKey = Text.check(
  Schema.makeFilter<string>((key) => (stateSubject(key) === undefined ? `must be one of ${forms}` : undefined), {
    toJsonSchema: () => ({ pattern: shape.source }),
  }),
)

/** The beginning of keys. */
export const StatePrefix = Text.check(Schema.isPattern(/^[a-z0-9_:.-]{0,64}$/))
