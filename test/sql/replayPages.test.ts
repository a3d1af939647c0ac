// Replays are read in pages. Together they are complete, for any size of page and any change between two of them.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Limits } from "../../src/contract/Limits.ts"
import type { ReplayedEvent } from "../../src/domain/ChatEvent.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { eventBytes, type PageSize, pageSize } from "../../src/sql/changes/ReplayPage.ts"
import { Random } from "../faults/Random.ts"
import { edit, KnownChat, mark, member, pages, rename, replayed } from "../support/chatLife.ts"
import { databases, newGroup, newUser, send, standing } from "../support/sql.ts"

const whole: PageSize = { events: 1_000_000, bytes: 1_000_000_000 }

/** A group in which anything may happen next. The reader, who owns it, stays. */
const makeLife = Effect.fnUntraced(function* (random: Random) {
  const { chat_id, members } = yield* newGroup(3)
  const reader = members[0]!
  const others = [members[1]!, members[2]!, yield* newUser(), yield* newUser()]
  const ids: Array<MessageId> = [...(yield* send(chat_id, reader, "first", "second"))]
  const text = (of: string) => of + "x".repeat(random.chance(0.2) ? random.between(1, 2_000) : 0)
  let steps = 0
  const step = Effect.fnUntraced(function* () {
    const { last_seq, members } = yield* standing(chat_id)
    const someone = random.pick(others)
    const isPresent = members.some((row) => row.user_id === someone)
    const dice = random.between(1, 12)
    steps++
    if (dice <= 4) {
      const texts = Array.from({ length: random.between(1, 4) }, () => text(`message ${steps}`))
      ids.push(...(yield* send(chat_id, random.chance(0.5) ? reader : members[0]!.user_id, ...texts)))
    } else if (dice <= 7) yield* edit(chat_id, random.pick(ids), random.chance(0.3) ? "" : text(`edited ${steps}`))
    else if (dice === 8) yield* rename(chat_id, `name ${steps}`)
    else if (dice <= 10 && isPresent) yield* mark(chat_id, someone, random.between(1, last_seq))
    else {
      const role = random.chance(0.5) ? "admin" : "member"
      yield* member(chat_id, someone, { role, removed: isPresent && random.chance(0.5) })
    }
  })
  return { chat_id, reader, step }
})

const smallSize = (random: Random): PageSize => ({
  events: random.between(1, 6),
  bytes: random.chance(0.5) ? random.between(1, 3 * eventBytes) : whole.bytes,
})

const versionsOf = (events: ReadonlyArray<ReplayedEvent>) => events.map(({ event }) => event.version)
const bytesOf = ({ event }: ReplayedEvent) =>
  eventBytes + ("message" in event ? Buffer.byteLength(event.message.text) : 0)
const counted = (events: ReadonlyArray<ReplayedEvent>) => events.filter(({ event }) => event._tag !== "ChatCreated")

const fits = (events: ReadonlyArray<ReplayedEvent>, size: PageSize) => {
  const of = counted(events)
  if (of.length <= 1) return
  assert.isAtMost(of.length, size.events)
  assert.isAtMost(
    of.reduce((sum, event) => sum + bytesOf(event), 0),
    size.bytes,
  )
}

const ascends = (versions: ReadonlyArray<number>) =>
  assert.deepStrictEqual(
    versions,
    [...new Set(versions)].sort((a, b) => a - b),
  )

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`Pages of a replay ${database.name}`, (it) => {
    it.effect("joined are the whole, from every cursor and in every size", () =>
      Effect.gen(function* () {
        for (let seed = 1; seed <= 6; seed++) {
          const random = new Random(seed)
          const { chat_id, reader, step } = yield* makeLife(random)
          for (let i = 0; i < 25; i++) yield* step()
          const { version } = yield* standing(chat_id)
          for (let i = 0; i < 12; i++) {
            const cursor = i === 0 ? 0 : random.between(0, version)
            const size = smallSize(random)
            const read = yield* pages(chat_id, reader, cursor, size)
            assert.deepStrictEqual(
              read.flatMap(({ events }) => events),
              yield* replayed(chat_id, reader, cursor, whole),
              `seed ${seed}, cursor ${cursor}, ${JSON.stringify(size)}`,
            )
            for (const page of read) {
              assert.strictEqual(page.version, version)
              fits(page.events, size)
            }
          }
        }
      }),
    )

    it.effect("lose nothing and repeat nothing while the chat changes between them", () =>
      Effect.gen(function* () {
        for (let seed = 101; seed <= 112; seed++) {
          const random = new Random(seed)
          const { chat_id, reader, step } = yield* makeLife(random)
          for (let i = 0; i < 10; i++) yield* step()
          const known = new KnownChat()
          const cursor = random.chance(0.3) ? 0 : (yield* standing(chat_id)).version
          if (cursor > 0) known.hear((yield* replayed(chat_id, reader, 0)).map(({ event }) => event))
          for (let i = 0; i < 12; i++) yield* step()
          const { version } = yield* standing(chat_id)
          const between = Effect.suspend(() => (random.chance(0.7) ? step() : Effect.void))
          const read = yield* pages(chat_id, reader, cursor, smallSize(random), between)
          const events = read.flatMap((page) => page.events)
          assert.isAbove(read.length, 1)
          assert.isTrue(
            read.every((page) => page.version === version),
            "it ends where the chat stood at the first page",
          )
          ascends(versionsOf(events))
          assert.isTrue(versionsOf(events).every((at) => at > cursor && at <= version))
          const things = events.map(({ event }) =>
            "message" in event
              ? `message ${event.message.id}`
              : `${event._tag} ${"member" in event ? event.member.user.id : "user_id" in event ? event.user_id : ""}`,
          )
          assert.strictEqual(new Set(things).size, things.length, `one event for each thing, seed ${seed}`)
          known.hear(events.map(({ event }) => event))
          // What came after that is live, or the next replay.
          known.hear((yield* replayed(chat_id, reader, version)).map(({ event }) => event))
          const fresh = new KnownChat()
          fresh.hear((yield* replayed(chat_id, reader, 0)).map(({ event }) => event))
          assert.deepStrictEqual(known.state(), fresh.state(), `seed ${seed}`)
        }
      }),
    )

    it.effect(
      "show a thing that changed in between as it is, with `changed`, or leave its change to the live events",
      () =>
        Effect.gen(function* () {
          const { chat_id, members } = yield* newGroup(2)
          const [a, b] = members
          const ids = yield* send(chat_id, a!, "known")
          yield* send(chat_id, a!, "one", "two", "three")
          yield* edit(chat_id, ids[0]!, "known, edited")
          const [, , two] = yield* pages(chat_id, b!, 2, { ...whole, events: 1 })
          const third = two?.events[0]?.event
          assert(third?._tag === "MessageSent")
          let step = 0
          const between = Effect.suspend(() => {
            step++
            if (step === 1) return edit(chat_id, third.message.id, "three, edited")
            if (step === 2) return edit(chat_id, ids[0]!, "known, edited again")
            return Effect.void
          })
          const read = yield* pages(chat_id, b!, 2, { ...whole, events: 1 }, between)
          const told = read.flatMap(({ events }) => events)
          assert.deepStrictEqual(
            told.map(({ event, changed }) => [event.version, "message" in event ? event.message.text : "", changed]),
            [
              [3, "one", undefined],
              [4, "two", undefined],
              [5, "three, edited", 7],
            ],
          )
          const rest = yield* replayed(chat_id, b!, 6)
          assert.deepStrictEqual(versionsOf(rest), [7, 8])
        }),
    )

    it.effect("end when the reader is removed, and go on when they are back", () =>
      Effect.gen(function* () {
        const changes = yield* Changes
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members
        yield* send(chat_id, a!, "one", "two", "three")
        const first = yield* changes.since(chat_id, b!, 1, undefined, { ...whole, events: 1 })
        assert(first._tag === "Replay" && first.next !== undefined)
        yield* member(chat_id, b!, { removed: true })
        assert.deepStrictEqual(yield* changes.since(chat_id, b!, 1, first.next), { _tag: "Gone" })
        yield* member(chat_id, b!)
        const second = yield* changes.since(chat_id, b!, 1, first.next)
        assert(second._tag === "Replay")
        assert.deepStrictEqual(versionsOf(second.events), [3, 4])
        assert.deepInclude(second, { version: 4, next: undefined })
      }),
    )

    it.effect("are never given up for a reset, however far the chat moves on; the next replay is", () =>
      Effect.gen(function* () {
        const changes = yield* Changes
        const { chat_id, members } = yield* newGroup(1)
        const me = members[0]!
        yield* send(chat_id, me, "one", "two", "three")
        const first = yield* changes.since(chat_id, me, 1, undefined, { ...whole, events: 1 })
        assert(first._tag === "Replay" && first.next !== undefined)
        yield* send(chat_id, me, ...Array.from({ length: Limits.replay + 1 }, (_, i) => `${i}`))
        const second = yield* changes.since(chat_id, me, 1, first.next)
        assert(second._tag === "Replay")
        assert.deepStrictEqual(versionsOf(second.events), [3, 4])
        assert.deepInclude(second, { version: 4, next: undefined })
        const reset = yield* changes.since(chat_id, me, second.version)
        assert.deepStrictEqual(reset, { _tag: "Reset", version: 4 + Limits.replay + 1 })
      }),
    )

    it.effect("are small, also of the longest messages: more than 16 MiB of them", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const count = 1_100
        const longest = (n: number) =>
          `${n} `.padEnd(4_096, "y").replaceAll("y", String.fromCodePoint(0x1f600 + (n % 80)))
        for (let sent = 0; sent < count; sent += 50) {
          yield* send(chat_id, members[0]!, ...Array.from({ length: 50 }, (_, i) => longest(sent + i)))
        }
        let bytes = 0
        let seq = 0
        for (const { events } of yield* pages(chat_id, members[1]!, 1)) {
          fits(events, pageSize)
          for (const { event } of events) {
            assert(event._tag === "MessageSent" && event.message.seq === ++seq)
            bytes += Buffer.byteLength(event.message.text)
          }
        }
        assert.strictEqual(seq, count)
        assert.isAbove(bytes, 16 * 1_048_576)
      }),
    )

    it.effect("are what a node reads for each device where a hole has more than 1 MiB of texts", () =>
      Effect.gen(function* () {
        const changes = yield* Changes
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members
        const long = "é".repeat(2_048)
        for (let i = 0; i < 4; i++) yield* send(chat_id, a!, ...Array.from({ length: 64 }, () => long))
        yield* mark(chat_id, b!, 3)
        const full = (yield* standing(chat_id)).version
        assert.strictEqual((yield* changes.hole(chat_id, 1))._tag, "Hole")
        yield* send(chat_id, a!, long)
        yield* member(chat_id, yield* newUser())
        const wide = yield* changes.hole(chat_id, 1)
        assert.strictEqual(wide._tag, "Wide")
        assert("events" in wide)
        assert.deepStrictEqual(
          wide.events.map(({ event }) => event._tag),
          ["MemberAdded"],
        )
        assert.strictEqual((yield* changes.hole(chat_id, full))._tag, "Hole")
      }),
    )

    it.effect("contain the members of a large group too", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(1)
        const late: Array<UserId> = []
        for (let i = 0; i < 60; i++) {
          const id = yield* newUser()
          late.push(id)
          yield* member(chat_id, id)
        }
        yield* member(chat_id, late[7]!, { role: "admin" })
        yield* member(chat_id, late[8]!, { removed: true })
        const read = yield* pages(chat_id as ChatId, members[0]!, 1, { ...whole, events: 7 })
        for (const { events } of read) fits(events, { ...whole, events: 7 })
        assert.deepStrictEqual(
          read.flatMap(({ events }) => events),
          yield* replayed(chat_id, members[0]!, 1, whole),
        )
        const told = read.flatMap(({ events }) => events.map(({ event }) => event))
        assert.strictEqual(told.filter(({ _tag }) => _tag === "MemberAdded").length, 59)
        assert.deepInclude(told.at(-1)!, { _tag: "MemberRemoved", user_id: late[8]! })
      }),
    )
  })
}
