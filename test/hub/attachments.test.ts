// Files in messages on sockets: sent by frame in the order of the frames, shown to all members, gone with the message.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { WireCommand } from "../../src/actors/remote/CommandWire.ts"
import { type Draft, withAttachments } from "../../src/domain/Draft.ts"
import { UserId } from "../../src/domain/Ids.ts"
import { addGroup } from "../support/chat.ts"
import { draft } from "../support/draft.ts"
import { storedFile } from "../support/files.ts"
import { connect, layer, settled } from "../support/sockets.ts"

describe("Attachments on sockets", () => {
  it.effect("come with their message to each member, in the order of the frames, though files are looked up", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = [yield* connect(ids[0]!), yield* connect(ids[1]!)]
      const [one, two] = [yield* storedFile(ids[0]!), yield* storedFile(ids[0]!, { kind: "file", name: "list.pdf" })]
      const frame = { type: "message", chat_id, text: "", attachments: [two.id, one.id] }
      ada.say({ ...frame, ref: 1, dedup_key: "k" })
      ada.say({ type: "message", chat_id, text: "plain", ref: 2 })
      yield* settled
      const again = yield* ada.ask({ ...frame, dedup_key: "k" })
      assert.deepStrictEqual([again.type, again.duplicate, again.seq], ["ack", true, 1])
      for (const wire of [ada, bob]) {
        assert.deepStrictEqual(
          wire.ofType("message").map(({ attachments, seq, text }) => [seq, text, attachments]),
          [
            [1, "", [two, one]],
            [2, "plain", undefined],
          ],
        )
      }
      yield* ada.ask({ type: "edit", message_id: again.message_id, text: "caption" })
      yield* ada.ask({ type: "delete", message_id: again.message_id })
      yield* settled
      assert.deepStrictEqual(bob.ofType("message_updated")[0]?.attachments, [two, one])
      assert.notProperty(bob.ofType("message_deleted")[0], "attachments")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("arrive with the sync of a device that was away", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const ada = yield* connect(ids[0]!)
      const file = yield* storedFile(ids[0]!)
      yield* ada.ask({ type: "message", chat_id, text: "", attachments: [file.id] })
      const late = yield* connect(ids[1]!, { resume: true })
      late.say({ type: "sync", cursors: { [chat_id]: 1 }, ref: 1 })
      yield* settled
      assert.deepStrictEqual(late.ofType("message")[0]?.attachments, [file])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("are refused as on HTTP", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, his] = [yield* connect(ids[0]!), yield* storedFile(ids[1]!)]
      const mine = yield* storedFile(ids[0]!)
      const codeOf = (fields: object) =>
        Effect.map(ada.ask({ type: "message", chat_id, text: "", ...fields }), ({ code }) => code)
      yield* ada.ask({ type: "message", chat_id, text: "", attachments: [mine.id], dedup_key: "k" })
      const codes = yield* Effect.forEach(
        [
          {},
          { attachments: [] },
          { attachments: [mine.id, mine.id] },
          { attachments: ["1"] },
          { attachments: [his.id] },
          { attachments: [4711] },
          { chat_id: 4711, attachments: [mine.id] },
          { attachments: [mine.id, his.id], dedup_key: "k" },
          { text: "other", attachments: [mine.id], dedup_key: "k" },
        ],
        codeOf,
      )
      const invalid = ["invalid", "invalid", "invalid", "invalid"]
      assert.deepStrictEqual(codes, [...invalid, "not_found", "not_found", "not_found", "conflict", "conflict"])
      assert.lengthOf(ada.ofType("message"), 1)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("cross from node to node, found or not; a plain draft is no larger for them", () =>
    Effect.gen(function* () {
      const { ids } = yield* addGroup(1)
      const file = yield* storedFile(ids[0]!)
      const sends = (draft: Draft) => ({ _tag: "Send", by: UserId.make(1), draft }) as const
      const [encode, decode] = [Schema.encodeSync(WireCommand), Schema.decodeSync(WireCommand)]
      const empty = { ...draft("text"), text: "" }
      for (const command of [
        sends(withAttachments(empty, [file.id], [file])),
        sends(withAttachments(empty, [file.id], [])),
      ]) {
        assert.deepStrictEqual(decode(encode(command)), command)
      }
      assert.deepStrictEqual(Object.keys(encode(sends(draft("text")))), ["_tag", "by", "draft"])
      const plain = encode(sends(draft("text")))
      assert.notProperty(plain._tag === "Send" ? plain.draft : {}, "attachments")
      assert.throws(() => decode(sends(empty)))
    }).pipe(Effect.provide(layer())),
  )
})
