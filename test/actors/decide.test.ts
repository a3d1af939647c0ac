import { assert, describe, it } from "@effect/vitest"
import { HashMap, Schema } from "effect"
import { bareDigest } from "../../src/actors/memory/OriginalDigests.ts"
import { Watermarks } from "../../src/actors/memory/Watermarks.ts"
import { type ChatState, type MemberState, memberOf, type RecordChange } from "../../src/actors/rules/ChatState.ts"
import type { Command } from "../../src/actors/rules/Command.ts"
import { toStored } from "../../src/actors/rules/outcome.ts"
import { after, type Known, plan, toChatChange } from "../../src/actors/rules/plan.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import type { KeptRecord } from "../../src/kinds/Kind.ts"
import { RecordSet } from "../../src/kinds/RecordSet.ts"
import type { StoredMessage } from "../../src/sql/journal/Journal.ts"
import { digestsOf } from "../support/digests.ts"
import { draft } from "../support/draft.ts"
import { sequence } from "../support/sequence.ts"

const user = (id: number) => id as UserId
const maxMembers = 6
const digests = digestsOf()

const Person = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 8 }))
const Seq = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 }))
const Key = Schema.NullOr(Schema.Literals(["k1", "k2", "k3"]))

/** A step of a random life of a group; ids that do not exist are part of it. */
const Step = Schema.Union([
  Schema.Struct({
    _tag: Schema.Literal("Send"),
    by: Person,
    text: Schema.Literals(["a", "b"]),
    dedup_key: Key,
    reply: Schema.NullOr(Seq),
  }),
  Schema.Struct({ _tag: Schema.Literal("Edit"), by: Person, seq: Seq, text: Schema.Literals(["a", "c"]) }),
  Schema.Struct({ _tag: Schema.Literal("Delete"), by: Person, seq: Seq }),
  Schema.Struct({
    _tag: Schema.Literal("React"),
    by: Person,
    seq: Seq,
    emoji: Schema.Literals(["👍", "❤️", "🎉"]),
    on: Schema.Boolean,
  }),
  Schema.Struct({ _tag: Schema.Literal("Pin"), by: Person, seq: Seq, on: Schema.Boolean }),
  Schema.Struct({ _tag: Schema.Literal("Read"), by: Person, seq: Seq }),
  Schema.Struct({
    _tag: Schema.Literal("SetInfo"),
    by: Person,
    patch: Schema.Struct({
      name: Schema.optionalKey(Schema.Literals(["x", "y"])),
      description: Schema.optionalKey(Schema.NullOr(Schema.Literals(["a", "b"]))),
    }),
  }),
  Schema.Struct({
    _tag: Schema.Literal("AddMembers"),
    by: Person,
    who: Schema.Array(Person).check(Schema.isMaxLength(3)),
  }),
  Schema.Struct({
    _tag: Schema.Literal("SetRole"),
    by: Person,
    who: Person,
    role: Schema.Literals(["owner", "admin", "member"]),
  }),
  Schema.Struct({ _tag: Schema.Literal("RemoveMember"), by: Person, who: Person }),
])
const Life = sequence(Step, 40, 60)
type Step = typeof Step.Type

const start = (type: "group" | "private" = "group"): ChatState => ({
  id: 1 as ChatId,
  type,
  name: "x",
  info: {},
  created_by: user(1),
  created_at: 0,
  version: 1,
  last_seq: 0,
  deleted: false,
  departed: null,
  blockers: [],
  fence: 0,
  members: HashMap.fromIterable<UserId, MemberState>([
    [user(1), { role: type === "group" ? "owner" : "member", last_read_seq: 0, joined_at: 0, version: 1 }],
    [user(2), { role: "member", last_read_seq: 0, joined_at: 0, version: 1 }],
  ]),
})

/** Message ids are 100 + seq here. */
const toCommand = (step: Step): Command => {
  const by = user(step.by)
  switch (step._tag) {
    case "Send":
      return {
        _tag: "Send",
        by,
        draft: draft(step.text, step.dedup_key, step.reply === null ? null : ((100 + step.reply) as MessageId)),
      }
    case "Edit":
      return { _tag: "Edit", by, message_id: (100 + step.seq) as MessageId, text: step.text }
    case "Delete":
      return { _tag: "Delete", by, message_id: (100 + step.seq) as MessageId }
    case "React": {
      const { emoji, on, seq } = step
      return { _tag: "Record", by, kind: "reaction", message_id: (100 + seq) as MessageId, on, ask: { emoji } }
    }
    case "Pin":
      return { _tag: "Record", by, kind: "pin", message_id: (100 + step.seq) as MessageId, on: step.on, ask: {} }
    case "AddMembers":
      return { _tag: "AddMembers", by, user_ids: step.who.map(user) }
    case "SetRole":
      return { _tag: "SetRole", by, user_id: user(step.who), role: step.role }
    case "RemoveMember":
      return { _tag: "RemoveMember", by, user_id: user(step.who) }
    default:
      return { ...step, by }
  }
}

const keyOf = (sender_id: UserId, dedup_key: string) => `${sender_id}:${dedup_key}`

/** A little database of one chat: what the plans commit. */
class World {
  state = start()
  readonly messages = new Map<MessageId, StoredMessage>()
  readonly keys = new Map<string, StoredMessage>()
  /** As it would be at rest, by kind and key. */
  readonly records = new Map<string, RecordChange>()

  recordsOf(kind: string, message_id?: MessageId): ReadonlyMap<string, KeptRecord> {
    return new Map(
      [...this.records.values()]
        .filter((one) => one.kind === kind && (message_id ?? one.message_id) === one.message_id && !one.record.removed)
        .map(({ key, record }) => [key, record]),
    )
  }

  run(commands: ReadonlyArray<Command>) {
    const known: Known = {
      messages: this.messages,
      keys: { get: (sender_id, dedup_key) => this.keys.get(keyOf(sender_id, dedup_key)) },
      threadOf: () => undefined,
      senderOf: () => undefined,
      named: undefined,
      records: (kind, message_id) => RecordSet.of(this.recordsOf(kind, kind === "pin" ? undefined : message_id)),
      digests,
      maxMembers,
      at: 1,
    }
    const before = this.state
    const planned = plan(before, commands, known)
    for (const change of planned.changes) {
      if (change._tag === "Sent") {
        this.keep(toStored(before, change, (100 + change.seq) as MessageId, 1))
      } else if (change._tag === "Recorded") this.records.set(`${change.kind} ${change.key}`, change)
      else if (change._tag === "Edited" || change._tag === "Tombstoned") this.keep(after(change, 1))
    }
    for (const change of planned.changes) {
      if (change._tag !== "Tombstoned") continue
      for (const [key, { kind, message_id }] of this.records) {
        if (kind === "reaction" && message_id === change.before.id) this.records.delete(key)
      }
    }
    this.state = planned.state
    return { planned, before }
  }

  keep(message: StoredMessage) {
    this.messages.set(message.id, message)
    if (message.dedup_key !== null) this.keys.set(keyOf(message.sender_id, message.dedup_key), message)
  }
}

describe("the rules of a chat", () => {
  it.prop("number messages 1..n and changes one by one, whatever happens", [Life], ([life]) => {
    const world = new World()
    let seq = 0
    for (const step of life) {
      const { planned, before } = world.run([toCommand(step)])
      planned.changes.forEach((change, i) => {
        assert.strictEqual(change.version, before.version + 1 + i)
        if (change._tag === "Sent") assert.strictEqual(change.seq, ++seq)
      })
      assert.strictEqual(world.state.version, before.version + planned.changes.length)
    }
    assert.strictEqual(world.state.last_seq, seq)
  })

  it.prop("give a batch what its commands would get one by one", [Life], ([life]) => {
    const together = new World()
    const alone = new World()
    // Within a batch a message has no id yet, so no command can name it: leave such commands out.
    const commands = life
      .map(toCommand)
      .filter(
        (c) =>
          c._tag !== "Edit" &&
          c._tag !== "Delete" &&
          c._tag !== "Record" &&
          !(c._tag === "Send" && c.draft.reply_to !== null),
      )
    const batch = together.run(commands).planned
    const decisions = commands.flatMap((command) => alone.run([command]).planned.decisions.map((d) => d._tag))
    assert.deepStrictEqual(
      batch.decisions.map((d) => d._tag),
      decisions,
    )
    assert.deepStrictEqual(together.state, alone.state)
  })

  it.prop("keep exactly one owner, no more members than allowed, and watermarks that only rise", [Life], ([life]) => {
    const world = new World()
    for (const step of life) {
      const { before } = world.run([toCommand(step)])
      const { members, deleted } = world.state
      const owners = [...HashMap.values(members)].filter(({ role }) => role === "owner").length
      assert.strictEqual(owners, deleted ? 0 : 1)
      assert.isAtMost(HashMap.size(members), maxMembers)
      for (const [id, { last_read_seq }] of members) {
        assert.isAtLeast(last_read_seq, memberOf(before, id)?.last_read_seq ?? 0)
        assert.isAtMost(last_read_seq, world.state.last_seq)
      }
    }
  })

  it.prop("make at most one message of a sender's dedup_key, and its answer is always the first", [Life], ([life]) => {
    const world = new World()
    const first = new Map<string, number>()
    for (const step of life) {
      const command = toCommand(step)
      const { planned } = world.run([command])
      if (command._tag !== "Send" || command.draft.dedup_key === null) continue
      const key = keyOf(command.by, command.draft.dedup_key)
      const decision = planned.decisions[0]
      if (decision?._tag === "Accepted") {
        assert.isFalse(first.has(key))
        first.set(key, world.state.last_seq)
      } else if (decision?._tag === "Duplicate") assert.strictEqual(decision.first.seq, first.get(key))
    }
  })

  it.prop("refuse everything to users outside the chat, as if it did not exist", [Life], ([life]) => {
    const world = new World()
    for (const step of life) {
      const command = toCommand(step)
      const outside = memberOf(world.state, command.by) === undefined
      const { planned } = world.run([command])
      const decision = planned.decisions[0]
      const unseen = decision?._tag === "Refused" && decision.error._tag === "ChatNotFound"
      assert.strictEqual(unseen, outside)
    }
  })

  it.prop(
    "show of reactions what lies there, none on a deleted message, and pins of nothing deleted",
    [Life],
    ([life]) => {
      const world = new World()
      for (const step of life) {
        const { planned } = world.run([toCommand(step)])
        for (const [i, change] of planned.changes.entries()) {
          if (change._tag === "Tombstoned") {
            assert.strictEqual(world.recordsOf("reaction", change.before.id).size, 0)
            assert.isFalse(world.recordsOf("pin").has(String(change.before.id)))
            for (const after of planned.changes.slice(i + 1)) assert.strictEqual(after._tag, "Recorded")
          }
          if (change._tag !== "Recorded" || change.kind !== "reaction") continue
          const counts = new Map<string, number>()
          for (const { body } of world.recordsOf("reaction", change.message_id).values()) {
            for (const emoji in body) counts.set(emoji, (counts.get(emoji) ?? 0) + 1)
          }
          const shown = change.shown.reactions as ReadonlyArray<{ emoji: string; count: number }>
          assert.deepStrictEqual(new Map(shown.map(({ count, emoji }) => [emoji, count])), counts)
          assert.deepStrictEqual(change.shown.user_id, user(step.by))
        }
      }
    },
  )

  it.prop("give each command of a batch what it would get alone, records and deletions too", [Life], ([life]) => {
    const together = new World()
    const alone = new World()
    for (const world of [together, alone]) {
      const send = (text: string): Command => ({ _tag: "Send", by: user(1), draft: draft(text) })
      world.run([send("one"), send("two"), send("three")])
    }
    const commands = life.map(toCommand).filter((c) => c._tag === "Record" || c._tag === "Delete")
    const batch = together.run(commands).planned
    const one = commands.flatMap((command) => alone.run([command]).planned.changes)
    assert.deepStrictEqual(batch.changes, one)
    assert.deepStrictEqual(together.records, alone.records)
  })

  it.prop("let only the sender edit a message, and no user a deleted one", [Life], ([life]) => {
    const world = new World()
    for (const step of life) {
      const { planned } = world.run([toCommand(step)])
      for (const change of planned.changes) {
        if (change._tag !== "Edited") continue
        assert.strictEqual(change.before.sender_id, user(step.by))
        assert.isFalse(change.before.deleted)
      }
    }
  })

  it.prop("leave a private chat as it is: no name, no roles, no one added or removed", [Life], ([life]) => {
    const world = new World()
    world.state = start("private")
    for (const step of life) world.run([toCommand(step)])
    assert.deepStrictEqual([...HashMap.keys(world.state.members)].sort(), [1, 2])
    assert.strictEqual(world.state.name, "x")
  })

  it("write a batch down as rows: one mark a reader, the last text of a message, the final numbers", () => {
    const world = new World()
    world.run([{ _tag: "Send", by: user(1), draft: draft("old") }])
    const id = 101 as MessageId
    const { planned, before } = world.run([
      { _tag: "Edit", by: user(1), message_id: id, text: "new" },
      { _tag: "Edit", by: user(1), message_id: id, text: "newest" },
      { _tag: "Read", by: user(2), seq: 1 },
      { _tag: "Send", by: user(2), draft: draft("b", "k1", id) },
    ])
    const change = toChatChange(before, planned, 7, new Watermarks())
    assert.deepStrictEqual([change.expected_version, change.version, change.last_seq, change.at], [2, 6, 2, 7])
    assert.deepStrictEqual(change.marks, [{ user_id: user(2), last_read_seq: 2, read_version: 5 }])
    assert.deepStrictEqual(
      change.messages.map(({ text, version }) => [text, version]),
      [["newest", 4]],
    )
    const { created_at } = world.messages.get(id)!
    assert.deepStrictEqual(change.former, [
      { message_id: id, version: 3, text: "old", at: created_at },
      { message_id: id, version: 4, text: "new", at: 1 },
    ])
    assert.deepStrictEqual(
      change.sent.map(({ draft, seq, thread_id, version }) => [seq, draft.text, thread_id, version]),
      [[2, "b", id, 6]],
    )
  })

  it("write down no former text of a message that the same batch deletes", () => {
    const world = new World()
    world.run([
      { _tag: "Send", by: user(1), draft: draft("first") },
      { _tag: "Send", by: user(1), draft: draft("second") },
    ])
    const [doomed, kept] = [101 as MessageId, 102 as MessageId]
    const { planned, before } = world.run([
      { _tag: "Edit", by: user(1), message_id: doomed, text: "a" },
      { _tag: "Edit", by: user(1), message_id: kept, text: "b" },
      { _tag: "Delete", by: user(1), message_id: doomed },
    ])
    const { former } = toChatChange(before, planned, 7, new Watermarks())
    assert.deepStrictEqual(
      former.map(({ message_id, text }) => [message_id, text]),
      [[kept, "second"]],
    )
  })

  it("know a text again by its digest after it was edited", () => {
    const world = new World()
    const send = (text: string): Command => ({ _tag: "Send", by: user(1), draft: draft(text, "k1") })
    world.run([send("first")])
    world.run([{ _tag: "Edit", by: user(1), message_id: 101 as MessageId, text: "edited" }])
    assert.strictEqual(world.run([send("first")]).planned.decisions[0]?._tag, "Duplicate")
    assert.strictEqual(world.run([send("edited")]).planned.decisions[0]?._tag, "Refused")
    world.run([{ _tag: "Delete", by: user(1), message_id: 101 as MessageId }])
    const [kept] = world.messages.values()
    assert.strictEqual(kept?.original_digest, digests.of("first"))
    const again = world.run([send("first")]).planned.decisions[0]
    assert.isTrue(again?._tag === "Duplicate" && "deleted" in again.first && again.first.deleted)
  })

  it("know a text by a digest from before digests were keyed, and key it with the next change", () => {
    const world = new World()
    const id = 101 as MessageId
    const send = (text: string): Command => ({ _tag: "Send", by: user(1), draft: draft(text, "k1") })
    world.run([send("first")])
    world.run([{ _tag: "Edit", by: user(1), message_id: id, text: "edited" }])
    world.keep({ ...world.messages.get(id)!, original_digest: bareDigest("first") })
    assert.strictEqual(world.run([send("first")]).planned.decisions[0]?._tag, "Duplicate")
    assert.strictEqual(world.run([send("other")]).planned.decisions[0]?._tag, "Refused")
    world.run([{ _tag: "Delete", by: user(1), message_id: id }])
    assert.strictEqual(world.messages.get(id)?.original_digest, digests.of("first"))
  })

  it("hand a chat on when its owner leaves: the longest-standing admin, else member; the last one takes it along", () => {
    const world = new World()
    const by = user(1)
    world.run([{ _tag: "AddMembers", by, user_ids: [user(3), user(4)] }])
    world.run([{ _tag: "SetRole", by, user_id: user(4), role: "admin" }])
    world.run([{ _tag: "RemoveMember", by, user_id: by }])
    assert.strictEqual(memberOf(world.state, user(4))?.role, "owner")
    world.run([{ _tag: "RemoveMember", by: user(4), user_id: user(4) }])
    assert.strictEqual(memberOf(world.state, user(2))?.role, "owner")
    world.run([{ _tag: "RemoveMember", by: user(2), user_id: user(3) }])
    world.run([{ _tag: "RemoveMember", by: user(2), user_id: user(2) }])
    assert.isTrue(world.state.deleted)
  })
})
