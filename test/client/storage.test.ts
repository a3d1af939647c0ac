// What a program leaves in files survives it, whole.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { fileOutbox } from "../../src/client/storage/FileOutbox.ts"
import { fileTokens } from "../../src/client/storage/FileTokens.ts"
import { memoryOutbox, type OutboxStorage, type StoredMessage } from "../../src/client/storage/OutboxStorage.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "confab-storage-"))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const [ann, bob, chat] = [1 as UserId, 2 as UserId, 3 as ChatId]
const message = (userId: UserId, order: number): StoredMessage => ({
  userId,
  dedupKey: `key-${order}`,
  order,
  chatId: chat,
  text: `message ${order}`,
  replyTo: null,
  createdAt: order,
  failure: null,
})

const suite = (name: string, make: () => { readonly first: OutboxStorage; readonly again: () => OutboxStorage }) =>
  describe(name, () => {
    it("returns each user's own data, without what was removed", async () => {
      const { first, again } = make()
      await Promise.all([1, 2, 3].map((order) => first.put(message(ann, order))))
      await first.put(message(bob, 4))
      await first.put({ ...message(ann, 2), text: "changed" })
      await first.remove({ userId: ann, dedupKey: "key-1" })
      await first.putDraft(ann, chat, "half", true)
      await first.putDraft(bob, chat, "gone", false)
      await first.putDraft(bob, chat, "", false)
      const storage = again()
      const { messages, drafts } = await storage.load(ann)
      assert.deepStrictEqual(
        [...messages].sort((a, b) => a.order - b.order),
        [{ ...message(ann, 2), text: "changed" }, message(ann, 3)],
      )
      assert.deepStrictEqual(
        drafts.map(({ text }) => text),
        ["half"],
      )
      assert.deepStrictEqual((await storage.load(bob)).drafts, [])
    })
  })

describe("A file of messages with bytes", () => {
  const bytes = (text: string) => ({ content: new Blob([text]), size: text.length })
  const about = {
    name: "a",
    type: "",
    as: null,
    durationMs: null,
    waveform: null,
    width: null,
    height: null,
    file: null,
  }

  it("has them beside it until the message is removed, and paths as they are", async () => {
    const path = join(directory, "outbox.json")
    const first = fileOutbox(path)
    const elsewhere = { content: { path: "/some/where" }, size: null }
    const uploads = [bytes("one"), elsewhere, bytes("three")].map((one) => ({ ...about, ...one }))
    await first.put({ ...message(ann, 1), uploads })
    await Promise.all([
      first.put({ ...message(ann, 2), uploads: [{ ...about, ...bytes("x") }] }),
      first.remove(message(ann, 2)),
    ])
    const again = fileOutbox(path)
    const [stored] = (await again.load(ann)).messages
    const contents = (stored?.uploads ?? []).map(({ content }) => ("path" in content ? content.path : ""))
    assert.strictEqual(contents[1], "/some/where")
    assert.deepStrictEqual(
      [contents[0], contents[2]].map((at) => readFileSync(at ?? "", "utf8")),
      ["one", "three"],
    )
    assert.deepStrictEqual(readdirSync(`${path}.files`).length, 2)
    assert.strictEqual(statSync(contents[0] ?? "").mode & 0o777, 0o600)
    await again.remove(message(ann, 1))
    assert.deepStrictEqual(readdirSync(directory), [])
  })
})

suite("Memory", () => {
  const first = memoryOutbox()
  return { first, again: () => first }
})
suite("A file", () => {
  const path = join(directory, "deep", "outbox.json")
  return { first: fileOutbox(path), again: () => fileOutbox(path) }
})

describe("Files", () => {
  it("are their owner's alone, and gone when there is nothing to keep", async () => {
    const path = join(directory, "tokens.json")
    const tokens = fileTokens(path)
    assert.isNull(await tokens.load())
    await tokens.save({ accessToken: "a", refreshToken: "r", expiresAt: 1 })
    assert.strictEqual(statSync(path).mode & 0o777, 0o600)
    assert.strictEqual((await fileTokens(path).load())?.refreshToken, "r")
    await tokens.save(null)
    assert.deepStrictEqual(readdirSync(directory), [])
  })

  it("that hold something else are not taken for ours", async () => {
    const path = join(directory, "outbox.json")
    writeFileSync(path, `["not", "ours"]`)
    const error = await fileOutbox(path)
      .load(ann)
      .then(
        () => assert.fail("it should have failed"),
        (error: Error) => error,
      )
    assert.match(error.message, /does not hold/)
  })
})
