// Many members added by one command: in parts, with others in between, and all or nothing where the rules refuse.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import * as chat from "../support/chat.ts"

const addMany = Effect.fnUntraced(function* (count: number) {
  const users = yield* UserStore
  return yield* Effect.forEach(Array.from({ length: count }), (_, i) =>
    Effect.map(
      users.create({
        username: `many${i}`,
        email: `many${i}@example.com`,
        display_name: `many${i}`,
        password_hash: "",
        created_at: 0,
      }),
      ({ id }) => id,
    ),
  )
})

const membersOf = (chat_id: Parameters<typeof chat.listen>[0]) =>
  Effect.map(
    Effect.flatMap(Journal, (journal) => journal.load(chat_id)),
    (loaded) => loaded?.members.length ?? 0,
  )

/** One turn of the event loop. */
const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
const settle = Effect.repeat(turn, { times: 40 })

/** The members that each commit added. */
const parts = (heard: Effect.Success<ReturnType<typeof chat.listen>>) =>
  heard.signals.flatMap((signal) => {
    const added = signal._tag === "ChatEvents" ? signal.events.filter(({ _tag }) => _tag === "MemberAdded").length : 0
    return added === 0 ? [] : [added]
  })

describe("AddMembers of many", () => {
  it.effect("takes 250 a commit, answers with all users that it named, and counts members who were there once", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* chat.addGroup(3)
      const many = yield* addMany(1_300)
      const heard = yield* chat.listen(chat_id)
      const actors = yield* ChatActors
      const user_ids: ReadonlyArray<UserId> = [ids[1]!, ...many, many[7]!]
      const members = yield* actors.ask(chat_id, { _tag: "AddMembers", by: owner, user_ids })
      assert.deepStrictEqual(
        members.map(({ user }) => user.id),
        [ids[1]!, ...many],
      )
      yield* settle
      assert.deepStrictEqual(parts(heard), [250, 250, 250, 250, 249, 51])
      assert.deepStrictEqual(
        heard.events().map(({ version }) => version),
        Array.from({ length: 1_300 }, (_, i) => i + 2),
      )
      const last = heard.events().at(-1)
      assert.strictEqual(last?._tag === "MemberAdded" ? last.chat.member_count : 0, 1_303)
      assert.strictEqual(yield* membersOf(chat_id), 1_303)
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("lets messages go between its parts, and keeps changes of members until it is done", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* chat.addGroup(3)
      const many = yield* addMany(1_000)
      const heard = yield* chat.listen(chat_id)
      const actors = yield* ChatActors
      const order: Array<string> = []
      const note = (name: string) => (exit: Exit.Exit<unknown, unknown>) => {
        order.push(Exit.isSuccess(exit) ? name : `${name} refused`)
      }
      yield* actors.ask(chat_id, { _tag: "SetRole", by: owner, user_id: ids[1]!, role: "admin" })
      actors.tell(chat_id, { _tag: "AddMembers", by: ids[1]!, user_ids: many }, note("added"))
      for (let i = 0; parts(heard).length === 0 && i < 1_000; i++) yield* turn
      actors.tell(chat_id, chat.send(ids[2]!, "hello"), note("sent"))
      actors.tell(chat_id, { _tag: "RemoveMember", by: owner, user_id: ids[1]! }, note("removed"))
      for (let i = 0; order.length < 3 && i < 1_000; i++) yield* settle
      assert.deepStrictEqual(order, ["sent", "added", "removed"])
      assert.strictEqual(yield* membersOf(chat_id), 1_002)
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("is refused as a whole where they do not all fit", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* chat.addGroup(2)
      const actors = yield* ChatActors
      const user_ids = Array.from({ length: 4_999 }, (_, i) => (i + 100) as UserId)
      const refused = yield* Effect.flip(actors.ask(chat_id, { _tag: "AddMembers", by: owner, user_ids }))
      assert.strictEqual(refused._tag, "ChatFull")
      assert.strictEqual(yield* membersOf(chat_id), 2)
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("is Unavailable when the database fails between two parts, and adds the rest when it is repeated", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* chat.addGroup(2)
      const many = yield* addMany(600)
      const heard = yield* chat.listen(chat_id)
      const actors = yield* ChatActors
      const faults = yield* chat.Faults
      const command = { _tag: "AddMembers", by: owner, user_ids: many } as const
      faults.next.push(undefined, "before")
      const lost = yield* Effect.flip(actors.ask(chat_id, command))
      assert.strictEqual(lost._tag, "Unavailable")
      assert.strictEqual(yield* membersOf(chat_id), 252)
      const again = yield* actors.ask(chat_id, command)
      assert.strictEqual(again.length, 600)
      yield* settle
      assert.deepStrictEqual(parts(heard), [250, 250, 100])
      assert.strictEqual((yield* actors.ask(chat_id, chat.send(many[599]!, "here"))).message.seq, 1)
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect(
    "says Unavailable, not that nothing has changed, when another actor took away the right between two parts",
    () =>
      Effect.gen(function* () {
        const { chat_id, ids, owner } = yield* chat.addGroup(3)
        const many = yield* addMany(600)
        const actors = yield* ChatActors
        yield* actors.ask(chat_id, { _tag: "SetRole", by: owner, user_id: ids[1]!, role: "admin" })
        const heard = yield* chat.listen(chat_id)
        const adding = yield* Effect.forkChild(
          Effect.flip(actors.ask(chat_id, { _tag: "AddMembers", by: ids[1]!, user_ids: many })),
        )
        for (let i = 0; parts(heard).length === 0 && i < 1_000; i++) yield* turn
        const chats = yield* ChatStore
        const journal = yield* Journal
        const now = (yield* journal.load(chat_id))!
        const admin = now.members.find(({ user_id }) => user_id === ids[1]!)!
        const [taken] = yield* journal.commit([
          {
            chat_id,
            expected_version: now.version,
            fence: now.fence,
            version: now.version + 1,
            last_seq: now.last_seq,
            at: 0,
            sent: [],
            messages: [],
            former: [],
            marks: [],
            members: [{ ...admin, role: "member", version: now.version + 1, removed: false }],
            records: [],
            summary: null,
            deleted: false,
            member_count: null,
            lowest_read_seq: null,
            active_before: null,
          },
        ])
        assert.strictEqual(taken?._tag, "Committed")
        assert.strictEqual((yield* Fiber.join(adding))._tag, "Unavailable")
        assert.isTrue(yield* chats.isMember(chat_id, many[0]!))
        assert.isFalse(yield* chats.isMember(chat_id, many[599]!))
      }).pipe(Effect.provide(chat.layer())),
  )
})
