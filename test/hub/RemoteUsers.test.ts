// Compares the presence of other nodes with a plain model: after any changes, reads and removals the tables equal the
// model, and the shifts lead from the earlier state to the later one.
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { PresenceChange } from "../../src/broadcast/Presence.ts"
import { ChatId, UserId } from "../../src/domain/Ids.ts"
import { RemoteUsers, type Shifts } from "../../src/hub/presence/RemoteUsers.ts"
import { sequence } from "../support/sequence.ts"

const chats = [1, 2, 3].map((id) => ChatId.make(id))
const users = [1, 2, 3].map((id) => UserId.make(id))
const nodes = ["x", "y"]
const last_seen_at = "1970-01-01T00:00:00.000Z"

const Step = Schema.Struct({
  what: Schema.Literals(["Online", "Offline", "Left", "Gone", "follow", "unfollow", "read"]),
  node: Schema.Literals([0, 1]),
  user: Schema.Literals([0, 1, 2]),
  chat: Schema.Literals([0, 1, 2]),
  other: Schema.Literals([0, 1, 2]),
})
type Step = typeof Step.Type

const changeOf = ({ chat, node: n, other, user, what }: Step): PresenceChange | undefined => {
  const [node, user_id] = [nodes[n]!, users[user]!]
  if (what === "Online") return { _tag: what, node, user_id, chat_ids: [chats[chat]!, chats[other]!] }
  if (what === "Offline") return { _tag: what, node, user_id, last_seen_at }
  if (what === "Left") return { _tag: what, node, user_id, chat_id: chats[chat]! }
  return what === "Gone" ? { _tag: what, node, last_seen_at } : undefined
}

/** "<node> <user> <chat>": all that there is, wherever, followed or not. */
const apply = (truth: Set<string>, change: PresenceChange): void => {
  if (change._tag === "Online") {
    for (const chat_id of change.chat_ids) truth.add(`${change.node} ${change.user_id} ${chat_id}`)
    return
  }
  for (const entry of [...truth]) {
    const [node, user, chat] = entry.split(" ")
    if (node !== change.node) continue
    if (change._tag !== "Gone" && user !== String(change.user_id)) continue
    if (change._tag === "Left" && chat !== String(change.chat_id)) continue
    truth.delete(entry)
  }
}

const readOf = (truth: Set<string>, chat_id: ChatId) => ({
  nodes: new Set(nodes),
  there: new Map([
    [
      chat_id,
      [...truth]
        .map((entry) => entry.split(" "))
        .filter(([, , chat]) => chat === String(chat_id))
        .map(([node, user]) => ({ node: node!, user_id: UserId.make(Number(user)) })),
    ],
  ]),
})

describe("RemoteUsers", () => {
  it.prop("say what is so in the chats that are followed", [sequence(Step, 30, 60)], ([steps]) => {
    const truth = new Set<string>()
    const tables = new RemoteUsers()
    const known = () =>
      new Map(chats.map((id) => [id, tables.isFollowed(id) ? [...tables.inChat(id)].sort() : undefined] as const))
    for (const step of steps) {
      const before = known()
      const shifts: Shifts = new Map()
      const change = changeOf(step)
      const chat_id = chats[step.chat]!
      if (change !== undefined) {
        apply(truth, change)
        tables.take(change, shifts)
      } else if (step.what === "unfollow") tables.unfollow(chat_id)
      else {
        tables.follow(chat_id)
        tables.replace(chat_id, readOf(truth, chat_id), shifts)
      }
      const after = known()
      for (const id of chats) {
        const expected = users.filter((user) => nodes.some((node) => truth.has(`${node} ${user} ${id}`)))
        if (after.get(id) !== undefined) assert.deepStrictEqual(after.get(id), expected)
        for (const user of users) {
          const [was, is] = [before, after].map((state) => state.get(id)?.includes(user) === true)
          if (step.what === "unfollow") continue
          assert.strictEqual(shifts.get(user)?.gained.has(id) === true, !was && is)
          assert.strictEqual(shifts.get(user)?.lost.has(id) === true, was && !is)
        }
      }
      for (const user of users) {
        assert.strictEqual(
          tables.isOnline(user),
          chats.some((id) => after.get(id)?.includes(user)),
        )
      }
    }
  })

  it("a reading says nothing of nodes that it does not cover", () => {
    const tables = new RemoteUsers()
    const [chat_id, user_id] = [chats[0]!, users[0]!]
    tables.follow(chat_id)
    tables.take({ _tag: "Online", node: "x", user_id, chat_ids: [chat_id] }, new Map())
    tables.replace(chat_id, { there: new Map(), nodes: new Set(["y"]) }, new Map())
    assert.isTrue(tables.isOnline(user_id))
    tables.replace(chat_id, { there: new Map(), nodes: new Set(["x"]) }, new Map())
    assert.isFalse(tables.isOnline(user_id))
  })

  it("a change that is undone is no shift, and a repeated one changes nothing", () => {
    const tables = new RemoteUsers()
    const [chat_id, user_id] = [chats[0]!, users[0]!]
    tables.follow(chat_id)
    const online: PresenceChange = { _tag: "Online", node: "x", user_id, chat_ids: [chat_id] }
    const offline: PresenceChange = { _tag: "Offline", node: "x", user_id, last_seen_at }
    const shifts: Shifts = new Map()
    for (const change of [online, offline, online, online]) tables.take(change, shifts)
    assert.deepStrictEqual([...(shifts.get(user_id)?.gained ?? [])], [chat_id])
    tables.take(offline, shifts)
    assert.deepStrictEqual(
      [...shifts.values()].map(({ gained, lost, was }) => [was, gained.size, lost.size]),
      [[false, 0, 0]],
    )
  })
})
