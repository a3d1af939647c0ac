// What a chat adds up to: the sums of a replay are those of what HTTP shows and of what the events told, at one version.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ReplayedEvent } from "../../src/domain/ChatEvent.ts"
import type { ChatSums, SeqRange, VersionSum } from "../../src/domain/Check.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { pageSize } from "../../src/sql/changes/ReplayPage.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { Random } from "../faults/Random.ts"
import { edit, mark, member, next, rename } from "../support/chatLife.ts"
import { databases, newGroup, newUser, send, standing } from "../support/sql.ts"

const react = (chat_id: ChatId, message_id: MessageId, user_id: UserId, on: boolean) =>
  next(chat_id, (version) => {
    const key = `${message_id}:${user_id}`
    return {
      records: [
        { kind: "reaction", key, message_id, user_id, removed: !on, body: on ? { "👍": version } : {}, version },
      ],
    }
  })

/** A group in which anything may happen next to anybody but its owner. */
const makeLife = Effect.fnUntraced(function* (random: Random) {
  const { chat_id, members } = yield* newGroup(3)
  const [reader] = members as [UserId]
  const others = [members[1]!, members[2]!, yield* newUser()]
  const ids: Array<MessageId> = [...(yield* send(chat_id, reader, "first", "second"))]
  const deleted = new Set<MessageId>()
  const step = Effect.gen(function* () {
    const { last_seq, members } = yield* standing(chat_id)
    const someone = random.pick(others)
    const isPresent = members.some((row) => row.user_id === someone)
    const id = random.pick(ids)
    const dice = random.between(1, 12)
    if (dice <= 3) ids.push(...(yield* send(chat_id, isPresent ? someone : reader, "new", "newer")))
    else if (dice <= 5 && !deleted.has(id)) {
      const text = random.pick(["", "edited", "edited again"])
      if (text === "") deleted.add(id)
      yield* edit(chat_id, id, text)
    } else if (dice <= 8 && !deleted.has(id)) yield* react(chat_id, id, someone, random.chance(0.6))
    else if (dice === 9) yield* rename(chat_id, "A name")
    else if (dice === 10 && isPresent) yield* mark(chat_id, someone, random.between(1, last_seq))
    else {
      const role = random.pick(["admin", "member"] as const)
      yield* member(chat_id, someone, { role, removed: isPresent && random.chance(0.5) })
    }
  })
  return { chat_id, reader, step }
})

const sumOf = (versions: Iterable<number>): VersionSum => {
  const all = [...versions]
  return { count: all.length, sum: all.reduce((sum, version) => sum + version, 0) }
}

/** What HTTP shows adds up to. */
const shownSums = Effect.fnUntraced(function* (chat_id: ChatId, reader: UserId, [first, last]: SeqRange) {
  const page = yield* (yield* MessageStore).page(chat_id, reader, { after: 0, limit: 200 })
  const { items }: { readonly items: ReadonlyArray<Message> } = JSON.parse(page ?? "")
  const members = yield* (yield* ChatStore).members(chat_id, { limit: 200 })
  const messages = items.filter(({ seq }) => seq >= first && seq <= last)
  return {
    messages: sumOf(messages.map(({ version }) => version)),
    members: sumOf(members.items.map(({ version }) => version)),
  } satisfies ChatSums
})

/** The versions of what a client knows from an answer at its cursor and the events since. */
class Known {
  readonly messages = new Map<number, number>()
  readonly members = new Map<UserId, number>()

  hear(events: ReadonlyArray<ReplayedEvent>): void {
    const raise = <K>(map: Map<K, number>, key: K, version: number) =>
      map.set(key, Math.max(map.get(key) ?? 0, version))
    for (const { changed, event } of events) {
      const version = changed ?? event.version
      if ("message" in event) raise(this.messages, event.message.id, version)
      else if (event._tag === "Recorded" && event.kind === "reaction") raise(this.messages, event.message_id, version)
      else if ("member" in event) raise(this.members, event.member.user.id, version)
      else if (event._tag === "ReadMarked") raise(this.members, event.user_id, version)
      else if (event._tag === "MemberRemoved") this.members.delete(event.user_id)
    }
  }
}

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`Sums of a chat ${database.name}`, (it) => {
    const since = Effect.fnUntraced(function* (chat_id: ChatId, reader: UserId, cursor: number, range: SeqRange) {
      const missed = yield* (yield* Changes).since(chat_id, reader, cursor, undefined, pageSize, range)
      assert(missed._tag === "Replay")
      return missed
    })

    it.effect("are those of what HTTP shows, and of what a client has from its events", () =>
      Effect.gen(function* () {
        const everything: SeqRange = [1, 5_000]
        for (let seed = 1; seed <= 4; seed++) {
          const random = new Random(seed)
          const { chat_id, reader, step } = yield* makeLife(random)
          for (let round = 0; round < 6; round++) {
            for (let i = 0; i < 4; i++) yield* step
            const known = new Known()
            const { version } = yield* standing(chat_id)
            const page = yield* (yield* MessageStore).page(chat_id, reader, { after: 0, limit: 200 })
            for (const { id, version } of JSON.parse(page ?? "").items) known.messages.set(id, version)
            const { items } = yield* (yield* ChatStore).members(chat_id, { limit: 200 })
            for (const { user, version } of items) known.members.set(user.id, version)
            for (let i = 0; i < 7; i++) yield* step
            const missed = yield* since(chat_id, reader, version, everything)
            known.hear(missed.events)
            assert.deepStrictEqual(missed.sums, yield* shownSums(chat_id, reader, everything), `seed ${seed}`)
            assert.deepStrictEqual(missed.sums, {
              messages: sumOf(known.messages.values()),
              members: sumOf(known.members.values()),
            })
            const { last_seq } = yield* standing(chat_id)
            const first = random.between(1, last_seq)
            const part = [first, random.between(first, last_seq + 3)] as const
            const { events, sums } = yield* since(chat_id, reader, missed.version, part)
            assert.deepStrictEqual([events, sums], [[], yield* shownSums(chat_id, reader, part)])
          }
        }
      }),
    )

    it.effect("come with the last page, unless the chat has moved on since the first one", () =>
      Effect.gen(function* () {
        const changes = yield* Changes
        const { chat_id, members } = yield* newGroup(2)
        const [a] = members as [UserId]
        yield* send(chat_id, a, "1", "2", "3")
        const page = Effect.fnUntraced(function* (
          position: { after: number; upto: number } | undefined,
          events: number,
        ) {
          const missed = yield* changes.since(chat_id, a, 1, position, { ...pageSize, events }, [2, 3])
          assert(missed._tag === "Replay")
          return missed
        })
        const first = yield* page(undefined, 2)
        assert.notProperty(first, "sums")
        const last = yield* page(first.next, 2)
        assert.deepStrictEqual(last.sums, { messages: { count: 2, sum: 7 }, members: { count: 2, sum: 2 } })
        yield* mark(chat_id, members[1]!, 1)
        assert.notProperty(yield* page(first.next, 2), "sums")
        assert.deepStrictEqual((yield* page(undefined, 9)).sums?.members, { count: 2, sum: 6 })
        assert.notProperty(yield* changes.since(chat_id, a, 1), "sums")
      }),
    )
  })
}
