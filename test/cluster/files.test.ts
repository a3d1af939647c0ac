// Files of several real servers: sent up to one, they are on all, whether an S3 store or a shared directory keeps them.
import { randomBytes } from "node:crypto"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, inject, it, vi } from "vitest"
import type { Person } from "../support/person.ts"
import { Person as Somebody } from "../support/person.ts"
import { hasRedis } from "../support/redis.ts"
import { S3Store, s3Env } from "../support/s3.ts"
import { Nodes } from "./Nodes.ts"

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const upload = async ({ access_token, base }: Person, bytes: Buffer) => {
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/octet-stream" }
  const answer = await fetch(`${base}/files?as=file&name=a.bin`, {
    method: "POST",
    headers,
    body: new Uint8Array(bytes),
  })
  return { status: answer.status, body: await answer.json() }
}

const download = async ({ access_token, base }: Person, id: number, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${base}/files/${id}`, {
    headers: { authorization: `Bearer ${access_token}`, ...headers },
  })
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) }
}

/** Up on the first node, in a message on the second, down on the last; deleted there, gone on the first. */
const sharedByAll = async (nodes: Nodes) => {
  const urls = nodes.all.map(({ url }) => url)
  const [first = "", last = ""] = [urls[0], urls.at(-1)]
  const ada = await Somebody.signUp(first, "ada")
  const bob = await Somebody.signUp(last, "bob")
  const chat_id = await ada.privateChat(bob)
  const bytes = randomBytes(2_000_003)
  const sent = await upload(ada, bytes)
  assert.strictEqual(sent.status, 201, JSON.stringify(sent.body))
  assert.strictEqual((await download(bob, sent.body.id)).status, 404)
  const middle = ada.at(urls[1] ?? "")
  const { attachments } = await middle.ok("POST", `/chats/${chat_id}/messages`, {
    text: "",
    attachments: [sent.body.id],
  })
  assert.strictEqual(attachments[0].id, sent.body.id)
  for (const url of urls) {
    const whole = await download(bob.at(url), sent.body.id)
    assert.strictEqual(whole.status, 200)
    assert.isTrue(whole.bytes.equals(bytes))
    const part = await download(bob.at(url), sent.body.id, { range: "bytes=1000000-1999999" })
    assert.strictEqual(part.status, 206)
    assert.isTrue(part.bytes.equals(bytes.subarray(1_000_000, 2_000_000)))
  }
  // The same bytes again, from another node, are stored once.
  const again = await upload(ada.at(last), bytes)
  assert.strictEqual(again.status, 201)
  assert.strictEqual((await ada.at(last).http("DELETE", `/files/${again.body.id}`)).status, 204)
  assert.strictEqual((await download(ada, again.body.id)).status, 404)
  for (const { logs } of nodes.all) assert.notInclude(logs, "Files are off")
}

describe.skipIf(!hasRedis)("Files of several nodes", () => {
  it("are kept in an S3 store by three", async () => {
    await using store = await S3Store.start()
    await using nodes = await Nodes.start(3, inject("postgresUrl"), s3Env(store.url))
    await sharedByAll(nodes)
    assert.strictEqual(store.names().length, 1)
    for (const { logs } of nodes.all) assert.include(logs, "Files are kept in an S3 store")
  })

  it("are kept in a directory that two share", async () => {
    const directory = mkdtempSync(join(tmpdir(), "confab-shared-"))
    try {
      await using nodes = await Nodes.start(2, inject("postgresUrl"), { FILES_DIR: directory })
      await sharedByAll(nodes)
      const stored = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      assert.strictEqual(stored.length, 1)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
