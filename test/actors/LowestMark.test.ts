// How far all members of a large group have read, as the actor writes it with its commits: what is written last is true after every one.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import type { Command } from "../../src/actors/rules/Command.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { readByAll } from "../../src/sql/memory/views.ts"
import * as chat from "../support/chat.ts"
import { sequence } from "../support/sequence.ts"

/** The lowest mark that each commit wrote for the group, and how often it differed from its members' marks. */
class Written extends Context.Service<Written, { lowest: number; count: number; wrong: number; writes: number }>()(
  "confab/test/Written",
) {
  static readonly layer = Layer.sync(Written, () => ({ lowest: 0, count: 0, wrong: 0, writes: 0 }))
}

const watched = Layer.effect(
  Journal,
  Effect.gen(function* () {
    const journal = yield* Journal
    const tables = yield* Tables
    const written = yield* Written
    return Journal.of({
      ...journal,
      commit: (changes) =>
        Effect.tap(journal.commit(changes), (results) =>
          Effect.sync(() => {
            for (const [i, { chat_id, lowest_read_seq, member_count }] of changes.entries()) {
              if (results[i]?._tag !== "Committed") continue
              if (lowest_read_seq !== null) {
                written.lowest = lowest_read_seq
                written.writes++
              }
              written.count = member_count ?? written.count
              const table = tables.chats.get(chat_id)!
              const present = [...table.members.values()].filter(({ removed }) => !removed).length
              if (member_count !== null && member_count !== present) written.wrong++
              if (present > 200 && written.lowest !== readByAll(table)) written.wrong++
            }
          }),
        ),
    })
  }),
)

const layer = () =>
  chat.actors.pipe(Layer.provideMerge(watched), Layer.provideMerge(Written.layer), Layer.provideMerge(chat.tables))

const Person = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 202 }))
const Step = Schema.Union([
  Schema.Struct({ what: Schema.Literals(["send", "read", "all", "leave", "add"]), who: Person }),
])

describe("The lowest mark of a large group", () => {
  it.effect.prop(
    "is what the members' marks say, after every commit of a random life",
    [sequence(Step, 20, 40)],
    ([steps]) =>
      Effect.gen(function* () {
        const { chat_id, ids, owner } = yield* chat.addGroup(203)
        const actors = yield* ChatActors
        const written = yield* Written
        const ask = (command: Command) => Effect.exit(actors.ask(chat_id, command))
        for (const { what, who } of steps) {
          const by = ids[who] as UserId
          if (what === "send") yield* ask(chat.send(by, "t"))
          else if (what === "read") yield* ask({ _tag: "Read", by, seq: 1_000 })
          else if (what === "leave") yield* ask({ _tag: "RemoveMember", by, user_id: by })
          else if (what === "add") yield* ask({ _tag: "AddMembers", by: owner, user_ids: [by] })
          // All but one have read, who sends next: a plain message that raises the lowest.
          else {
            yield* Effect.forEach(ids, (id) => (id === by ? Effect.void : ask({ _tag: "Read", by: id, seq: 1_000 })), {
              concurrency: "unbounded",
              discard: true,
            })
            yield* ask(chat.send(by, "t"))
          }
        }
        assert.strictEqual(written.wrong, 0)
      }).pipe(Effect.provide(layer())),
    { arbitrary: { runs: 15 } },
  )

  it.effect("is not written by a message that leaves it where it is", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* chat.addGroup(203)
      const actors = yield* ChatActors
      const written = yield* Written
      for (const id of ids.slice(0, 50)) yield* actors.ask(chat_id, chat.send(id, "t"))
      assert.deepStrictEqual([written.writes, written.wrong], [0, 0])
    }).pipe(Effect.provide(layer())),
  )
})
