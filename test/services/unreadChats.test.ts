// What is unread in all chats of a user, and reading all of it, over in-memory tables.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import { Messages } from "../../src/services/Messages.ts"
import { UnreadChats } from "../../src/services/UnreadChats.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { addGroup, addUsers, listen, send } from "../support/chat.ts"
import { draft } from "../support/draft.ts"
import { services } from "../support/http.ts"

describe("What is unread", () => {
  it.effect("is counted over all chats, and read at once, each chat with its own event", () =>
    Effect.gen(function* () {
      const actors = yield* ChatActors
      const unread = yield* UnreadChats
      const { chat_id, ids, owner } = yield* addGroup(3)
      const reader = ids[1]!
      const messages = yield* Messages
      yield* messages.sendTo(ids[2]!, reader, { text: "Private", dedup_key: null })
      for (const text of ["one", "two"]) yield* actors.ask(chat_id, send(owner, text))
      const { message } = yield* actors.ask(chat_id, send(owner, "gone"))
      yield* actors.ask(chat_id, { _tag: "Delete", by: owner, message_id: message.id })
      assert.deepStrictEqual(yield* unread.count(reader), { chats: 2, messages: 3, mentions: 0 })
      assert.deepStrictEqual(yield* unread.count(owner), { chats: 0, messages: 0, mentions: 0 })

      const { events } = yield* listen(chat_id)
      yield* unread.readAll(reader)
      yield* unread.readAll(reader)
      assert.deepStrictEqual(yield* unread.count(reader), { chats: 0, messages: 0, mentions: 0 })
      yield* Effect.yieldNow
      assert.deepStrictEqual(
        events().flatMap((event) => (event._tag === "ReadMarked" ? [[event.user_id, event.seq]] : [])),
        [[reader, 3]],
      )
      const { message: first } = yield* actors.ask(chat_id, send(reader, "first"))
      yield* actors.ask(chat_id, { _tag: "Send", by: owner, draft: draft("later, @all", null, first.id) })
      assert.deepStrictEqual(yield* unread.count(reader), { chats: 1, messages: 1, mentions: 1 })
      assert.deepStrictEqual(yield* unread.count(ids[2]!), { chats: 1, messages: 4, mentions: 1 })
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("in very many chats is read page by page", () =>
    Effect.gen(function* () {
      const actors = yield* ChatActors
      const chats = yield* ChatStore
      const unread = yield* UnreadChats
      const [author, reader] = yield* addUsers(2)
      if (author === undefined || reader === undefined) return assert.fail("nobody was made")
      for (let i = 0; i < 600; i++) {
        const group = { type: "group", name: "Group", created_by: author, member_ids: [reader], created_at: 0 } as const
        const { chat_id } = yield* chats.create(group)
        if (i % 2 === 0) yield* actors.ask(chat_id, send(author, "Hello"))
      }
      assert.deepStrictEqual(yield* unread.count(reader), { chats: 300, messages: 300, mentions: 0 })
      yield* unread.readAll(reader)
      assert.deepStrictEqual(yield* unread.count(reader), { chats: 0, messages: 0, mentions: 0 })
    }).pipe(Effect.provide(services())),
  )
})
