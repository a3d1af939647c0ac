// Whom a message mentions: the rules with what was looked up, and the rows that result.
import { assert, describe, it } from "@effect/vitest"
import { HashMap } from "effect"
import { Watermarks } from "../../src/actors/memory/Watermarks.ts"
import type { ChatState } from "../../src/actors/rules/ChatState.ts"
import type { Command } from "../../src/actors/rules/Command.ts"
import * as rules from "../../src/actors/rules/mentionsIn.ts"
import { type Known, plan, toChatChange } from "../../src/actors/rules/plan.ts"
import type { Role } from "../../src/domain/Chat.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import type { MessageParts } from "../../src/domain/MessageParts.ts"
import { mostMentions } from "../../src/domain/mentions.ts"
import { RecordSet } from "../../src/kinds/RecordSet.ts"
import { everybody, mentionRows } from "../../src/sql/journal/mentionRows.ts"
import { digestsOf } from "../support/digests.ts"
import { draft } from "../support/draft.ts"

const user = (id: number) => id as UserId

const group = (roles: ReadonlyArray<Role>, type: ChatState["type"] = "group"): ChatState => ({
  id: 1 as ChatId,
  type,
  name: null,
  info: {},
  created_by: user(1),
  created_at: 0,
  version: 1,
  last_seq: 0,
  deleted: false,
  departed: null,
  blockers: [],
  fence: 0,
  members: HashMap.fromIterable(
    roles.map((role, i) => [user(i + 1), { role, last_read_seq: 0, joined_at: 0, version: 1 }]),
  ),
})

const mentionsIn = (
  state: ChatState,
  named: ReadonlyMap<string, UserId> | undefined,
  { by, role }: { readonly by: UserId; readonly role: Role },
  text: string,
) => rules.mentionsIn(state, named, by, role, text)

/** The users u1, u2 … and one whose name is `all`. */
const named = new Map<string, UserId>([
  ...Array.from({ length: 70 }, (_, i) => [`u${String(i + 1).padStart(2, "0")}`, user(i + 1)] as const),
  ["all", user(2)],
])
const owner = { by: user(1), role: "owner" } as const
const plain = { by: user(3), role: "member" } as const

const three = group(["owner", "admin", "member"])

const known: Known = {
  messages: new Map(),
  keys: { get: () => undefined },
  threadOf: (id) => id,
  senderOf: (id) => (id === 11 ? user(2) : user(1)),
  named,
  records: () => RecordSet.of([]),
  digests: digestsOf(),
  maxMembers: 10,
  at: 1,
}

const stored = (parts: MessageParts | null) => ({
  id: 11 as MessageId,
  chat_id: 1 as ChatId,
  seq: 1,
  sender_id: user(1),
  text: "before",
  dedup_key: null,
  reply_to: null,
  thread_id: null,
  parts,
  created_at: 0,
  edited_at: null,
  deleted: false,
  version: 2,
  original_digest: null,
  records_version: null,
})

const sentBy = (by: UserId, text: string, reply_to: number | null = null, parts: MessageParts | null = null) => {
  const written = { ...draft(text, null, reply_to as MessageId | null), parts }
  const planned = plan(three, [{ _tag: "Send", by, draft: written }], known)
  return toChatChange(three, planned, 1, new Watermarks()).sent[0]!
}

const edits = (parts: MessageParts | null, ...texts: ReadonlyArray<string>) => {
  const start = { ...three, last_seq: 1 }
  const commands = texts.map(
    (text): Command =>
      text === ""
        ? { _tag: "Delete", by: user(1), message_id: 11 as MessageId }
        : { _tag: "Edit", by: user(1), message_id: 11 as MessageId, text },
  )
  const planned = plan(start, commands, { ...known, messages: new Map([[11 as MessageId, stored(parts)]]) })
  return toChatChange(start, planned, 1, new Watermarks()).messages[0]!.mentioned
}

describe("Mentions", () => {
  it("are other present members, in the order of the text", () => {
    assert.deepStrictEqual(mentionsIn(three, named, owner, "@u03 @u01 @U02 @u04 @nobody"), {
      mentions: [user(3), user(2)],
    })
    assert.strictEqual(mentionsIn(three, named, owner, "@u01 @u04 nothing"), null)
  })

  it("are of all from the owner and admins of a group; for others, that is a name", () => {
    assert.deepStrictEqual(mentionsIn(three, named, owner, "@all"), { mentions_all: true })
    const admin = { by: user(2), role: "admin" } as const
    assert.deepStrictEqual(mentionsIn(three, named, admin, "@ALL. @u03"), { mentions: [user(3)], mentions_all: true })
    assert.deepStrictEqual(mentionsIn(three, named, plain, "@all"), { mentions: [user(2)] })
    assert.strictEqual(mentionsIn(three, new Map(), plain, "@all"), null)
    const pair = group(["member", "member"], "private")
    assert.deepStrictEqual(mentionsIn(pair, named, { by: user(1), role: "member" }, "@all"), { mentions: [user(2)] })
    assert.strictEqual(mentionsIn(pair, new Map(), { by: user(1), role: "owner" }, "@all"), null)
  })

  it("are the first fifty; strangers do not count", () => {
    const crowd = group(Array.from({ length: 70 }, (): Role => "owner"))
    const names = [...named.keys()].slice(1, 70)
    const strangers = Array.from({ length: 60 }, (_, i) => `@no${i}x`).join(" ")
    const found = mentionsIn(crowd, named, owner, `${strangers} ${names.map((name) => `@${name}`).join(" ")} @all`)
    assert.deepStrictEqual(
      found?.mentions,
      Array.from({ length: mostMentions }, (_, i) => user(i + 2)),
    )
    assert.strictEqual(found?.mentions_all, true)
  })

  it("are in the parts of the sent message beside the others, and a draft cannot bring its own", () => {
    assert.strictEqual(sentBy(user(1), "plain").draft.parts, null)
    assert.deepStrictEqual(sentBy(user(1), "@u02").draft.parts, { mentions: [user(2)] })
    const forged = { custom: { a: 1 }, mentions: [user(3)], mentions_all: true } as const
    assert.deepStrictEqual(sentBy(user(1), "@u02", null, forged).draft.parts, { mentions: [user(2)], custom: { a: 1 } })
    assert.deepStrictEqual(sentBy(user(1), "hi", null, { mentions_all: true }).draft.parts, null)
  })

  it("have a row each; a reply has one for the author, unless that is the sender", () => {
    assert.deepStrictEqual(mentionRows(sentBy(user(1), "plain")), [])
    assert.deepStrictEqual(mentionRows(sentBy(user(1), "@u02 @all")), [
      { user_id: user(2), is_reply: false },
      { user_id: everybody, is_reply: false },
    ])
    assert.deepStrictEqual(mentionRows(sentBy(user(1), "@u02 @u03", 11)), [
      { user_id: user(2), is_reply: true },
      { user_id: user(3), is_reply: false },
    ])
    assert.deepStrictEqual(mentionRows(sentBy(user(2), "to oneself", 11)), [])
  })

  it("are replaced by an edit, and compared with those before the batch", () => {
    assert.strictEqual(edits(null, "still plain"), null)
    assert.strictEqual(edits({ mentions: [user(2)] }, "@u02 again"), null)
    assert.deepStrictEqual(edits(null, "@u02"), { parts: { mentions: [user(2)] }, added: [user(2)], removed: [] })
    const custom = { custom: { a: 1 } }
    assert.deepStrictEqual(edits({ ...custom, mentions: [user(2)] }, "@u03 @all"), {
      parts: { mentions: [user(3)], mentions_all: true, ...custom },
      added: [user(3), everybody],
      removed: [user(2)],
    })
    assert.deepStrictEqual(edits({ mentions: [user(2)], mentions_all: true }, "none"), {
      parts: null,
      added: [],
      removed: [user(2), everybody],
    })
    // Another order is another message, with the same rows.
    assert.deepStrictEqual(edits({ mentions: [user(2), user(3)] }, "@u03 @u02"), {
      parts: { mentions: [user(3), user(2)] },
      added: [],
      removed: [],
    })
    assert.deepStrictEqual(edits(null, "@u02", "@u03"), {
      parts: { mentions: [user(3)] },
      added: [user(3)],
      removed: [],
    })
    assert.strictEqual(edits(null, "@u02", "none"), null)
    assert.strictEqual(edits({ mentions: [user(2)] }, "@u03", ""), null)
  })
})
