// Changes of a chat, one at a time, and what a reader receives of them.
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { ChatEvent, ReplayedEvent } from "../../src/domain/ChatEvent.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { type PageSize, pageSize, type ReplayPosition } from "../../src/sql/changes/ReplayPage.ts"
import { type ChatChange, Journal, type MemberChange } from "../../src/sql/journal/Journal.ts"
import { change, commit, now, standing } from "./sql.ts"

/** Commits one change at the next version. */
export const next = Effect.fnUntraced(function* (chat_id: ChatId, fields: (version: number) => Partial<ChatChange>) {
  const at = yield* standing(chat_id)
  yield* commit(change(chat_id, at, fields(at.version + 1)))
})

export const edit = (
  chat_id: ChatId,
  id: MessageId,
  text: string,
  mentioned: ChatChange["messages"][number]["mentioned"] = null,
) =>
  next(chat_id, (version) => ({
    messages: [
      {
        id,
        text,
        edited_at: now,
        deleted: text === "",
        original_digest: "d",
        version,
        mentioned,
        detached: text === "",
      },
    ],
  }))

export const mark = (chat_id: ChatId, user_id: UserId, last_read_seq: number) =>
  next(chat_id, (version) => ({ marks: [{ user_id, last_read_seq, read_version: version }] }))

export const rename = (chat_id: ChatId, name: string) =>
  next(chat_id, (version) => ({ summary: { name, info: {}, version } }))

export const member = Effect.fnUntraced(function* (
  chat_id: ChatId,
  user_id: UserId,
  fields: Partial<MemberChange> = {},
) {
  const journal = yield* Journal
  const before = (yield* journal.load(chat_id))?.members ?? []
  const others = before.filter((one) => one.user_id !== user_id).length
  yield* next(chat_id, (version) => ({
    members: [{ user_id, role: "member", last_read_seq: 0, joined_at: now, version, removed: false, ...fields }],
    member_count: others + (fields.removed === true ? 0 : 1),
  }))
})

/** All pages of a replay joined; fails when it is none. */
export const replayed = Effect.fnUntraced(function* (
  chat_id: ChatId,
  user_id: UserId,
  cursor: number,
  size: PageSize = pageSize,
) {
  return (yield* pages(chat_id, user_id, cursor, size)).flatMap(({ events }) => events)
})

export interface Page {
  readonly version: number
  readonly events: ReadonlyArray<ReplayedEvent>
}

/** The same page by page. `between`: happens after each page but the last. */
export const pages = Effect.fnUntraced(function* <E = never, R = never>(
  chat_id: ChatId,
  user_id: UserId,
  cursor: number,
  size: PageSize = pageSize,
  between: Effect.Effect<unknown, E, R> = Effect.void,
) {
  const changes = yield* Changes
  const read: Array<Page> = []
  for (let position: ReplayPosition | undefined; ; yield* between) {
    const missed = yield* changes.since(chat_id, user_id, cursor, position, size)
    if (missed._tag !== "Replay") throw new Error(`Not a replay: ${missed._tag}`)
    read.push(missed)
    if (missed.next === undefined) return read
    position = missed.next
  }
})

/** What a client knows of a chat from its events alone. */
export class KnownChat {
  cursor = 0
  name: string | null = null
  readonly messages = new Map<number, string>()
  readonly roles = new Map<UserId, string>()

  copy(): KnownChat {
    const copy = new KnownChat()
    copy.name = this.name
    for (const [seq, text] of this.messages) copy.messages.set(seq, text)
    for (const [id, role] of this.roles) copy.roles.set(id, role)
    return copy
  }

  hear(events: ReadonlyArray<ChatEvent>): void {
    for (const event of events) {
      if (event._tag === "ChatCreated" || event._tag === "ChatUpdated") this.name = event.chat.name
      else if (event._tag === "MemberAdded" || event._tag === "MemberUpdated") {
        this.roles.set(event.member.user.id, event.member.role)
      } else if (event._tag === "MemberRemoved") this.roles.delete(event.user_id)
      else if (event._tag === "MessageSent") {
        assert.isFalse(this.messages.has(event.message.seq), "a message is new only once")
        assert.strictEqual(event.message.seq, this.messages.size + 1, "messages come in the order of seq")
        this.messages.set(event.message.seq, event.message.text)
      } else if (event._tag === "MessageUpdated" || event._tag === "MessageDeleted") {
        assert.isTrue(this.messages.has(event.message.seq), "what changed is known")
        this.messages.set(event.message.seq, event.message.text)
      }
    }
  }

  state() {
    const sorted = <K extends number, V>(map: Map<K, V>) => [...map].sort(([a], [b]) => a - b)
    return { name: this.name, messages: sorted(this.messages), roles: sorted(this.roles) }
  }
}
