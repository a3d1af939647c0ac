// Messages with files that are uploaded first, against a server and a clock that belong to the test.
import { assert, beforeEach, describe, it } from "@effect/vitest"
import type { ChatClient } from "../../src/client/ChatClient.ts"
import type { ChatClientError } from "../../src/client/ChatClientError.ts"
import type { PendingMessage } from "../../src/client/state/ChatState.ts"
import { memoryOutbox } from "../../src/client/storage/OutboxStorage.ts"
import { memoryTokens } from "../../src/client/storage/TokenStorage.ts"
import { fileName } from "../../src/client/upload/fileName.ts"
import type { User } from "../../src/domain/User.ts"
import type { FakeChat } from "./fake/FakeChat.ts"
import { FakeServer } from "./fake/FakeServer.ts"
import { FakeTime } from "./fake/FakeTime.ts"
import { clientOf, connected } from "./fake/harness.ts"

// Loaded by the first upload otherwise, in real time.
await Promise.all([import("../../src/client/upload/uploadEntry.ts"), import("../../src/client/upload/uploadAgain.ts")])

let time: FakeTime
let server: FakeServer
let ann: User
let chat: FakeChat

beforeEach(() => {
  time = new FakeTime()
  server = new FakeServer(time)
  ann = server.person("ann")
  chat = server.chat("group", ann)
})

const picture = (name: string, bytes = 100) => ({ content: new File([new Uint8Array(bytes)], name) })
const uploads = () => server.requests.filter((request) => request === "POST /files").length
const pending = (client: ChatClient): ReadonlyArray<PendingMessage> =>
  client.getState().conversations.get(chat.id)?.pending ?? []
const stored = () =>
  chat.rows.map(({ message: { attachments = [], text } }) => [text, ...attachments.map((f) => f.name)])
const failure = (promise: Promise<unknown>): Promise<ChatClientError> =>
  promise.then(
    () => assert.fail("it should have failed"),
    (error: ChatClientError) => error,
  )

describe("A message with files", () => {
  it("that was written offline goes out once, in its place, after its uploads", async () => {
    const client = await connected(server, ann)
    server.network.down = true
    server.cutAll()
    await time.pass(1_000)
    client.send(chat.id, "before")
    client.send(chat.id, "look", { files: [picture("sea.jpg"), picture("sun.jpg", 200)] })
    const last = client.send(chat.id, "after")
    await time.pass(5_000)
    assert.strictEqual(uploads(), 0)
    assert.deepStrictEqual(
      pending(client).map(({ status }) => status),
      ["queued", "queued", "queued"],
    )
    server.network.down = false
    await time.until(last.delivered)
    assert.deepStrictEqual(stored(), [["before"], ["look", "sea.jpg", "sun.jpg"], ["after"]])
    assert.strictEqual(uploads(), 2)
    assert.strictEqual(client.getState().chatById.get(chat.id)?.pendingCount, 0)
  })

  it("shows how much of each file has left", async () => {
    const client = await connected(server, ann)
    const seen = new Set<string>()
    client.subscribe(() => {
      for (const { status, uploads } of pending(client))
        seen.add(`${status} ${uploads.map(({ sent }) => sent).join("+")}`)
    })
    await time.until(client.send(chat.id, "", { files: [picture("a", 10), picture("b", 20)] }).delivered)
    for (const state of ["uploading 0+0", "uploading 10+0", "uploading 10+20", "sending 10+20"])
      assert.include([...seen], state)
  })

  it("names the same files after a restart between upload and sending, and uploads nothing again", async () => {
    const [outbox, tokens] = [memoryOutbox(), memoryTokens()]
    const client = await connected(server, ann, { outbox, tokens })
    for (const socket of server.sockets) socket.stuck = true
    client.send(chat.id, "look", { files: [picture("sea.jpg")] }).delivered.catch(() => {})
    await time.pass(2_000)
    assert.strictEqual(uploads(), 1)
    client.close()
    const again = clientOf(server, { outbox, tokens })
    await time.until(again.start())
    await time.until(again.whenOnline())
    await time.pass(2_000)
    assert.deepStrictEqual(stored(), [["look", "sea.jpg"]])
    assert.strictEqual(uploads(), 1)
    assert.deepStrictEqual(pending(again), [])
  })

  it("is uploaded by one of several tabs, and sent once", async () => {
    const outbox = memoryOutbox()
    let last: Promise<unknown> = Promise.resolve()
    const runtime = {
      ...server.runtime(),
      exclusively: <A>(_: string, run: () => Promise<A>): Promise<A> => {
        const turn = last.then(run, run)
        last = turn.catch(() => {})
        return turn
      },
    }
    const first = await connected(server, ann, { outbox, runtime })
    server.network.down = true
    server.cutAll()
    first.send(chat.id, "look", { files: [picture("sea.jpg")] })
    await time.pass(1_000)
    server.network.down = false
    server.network.latency = 400
    // It knows the message from the storage, and both come online.
    const second = clientOf(server, { outbox, runtime })
    await time.until(second.logIn("ann", "correct horse"))
    await Promise.all([first, second].map((client) => time.until(client.whenOnline())))
    await time.pass(10_000)
    assert.deepStrictEqual(stored(), [["look", "sea.jpg"]])
    assert.strictEqual(uploads(), 1)
    assert.deepStrictEqual([...pending(first), ...pending(second)], [])
  })

  it("is refused with its reason before any byte is sent, stays, and delays no other", async () => {
    const client = await connected(server, ann)
    server.maxBytes = 150
    for (const files of [[picture("small"), picture("large", 151)], [picture("empty", 0)]]) {
      client.send(chat.id, "look", { files }).delivered.catch(() => {})
    }
    await time.until(client.send(chat.id, "after").delivered)
    assert.deepStrictEqual(
      pending(client).map(({ failure, status }) => [status, failure?.code]),
      [
        ["failed", "file_too_large"],
        ["failed", "file_empty"],
      ],
    )
    assert.strictEqual(uploads(), 1)
    assert.deepStrictEqual(stored(), [["after"]])
    const none = await connected(server, ann)
    server.maxBytes = null
    none.send(chat.id, "", { files: [picture("any")] })
    await time.pass(1_000)
    assert.strictEqual(pending(none)[0]?.failure?.code, "no_files")
    assert.throws(
      () => client.send(chat.id, "", { files: Array.from({ length: 11 }, () => picture("one")) }),
      /at most 10/,
    )
  })

  it("is tried again while the server is busy, fails after eight attempts, and may be sent again", async () => {
    const client = await connected(server, ann)
    server.failedUploads.push(...Array.from({ length: 8 }, () => 503))
    const { dedupKey } = client.send(chat.id, "look", { files: [picture("sea.jpg")] })
    await time.pass(120_000)
    assert.deepStrictEqual([uploads(), pending(client)[0]?.failure?.code], [8, "not_uploaded"])
    server.failedUploads.push(503, 409)
    client.retry(dedupKey)
    await time.pass(5_000)
    assert.deepStrictEqual([uploads(), pending(client)[0]?.failure?.code], [10, "quota_exceeded"])
    client.retry(dedupKey)
    await time.pass(5_000)
    assert.deepStrictEqual(stored(), [["look", "sea.jpg"]])
  })

  it("is uploaded anew when the server no longer has its file", async () => {
    const client = await connected(server, ann)
    for (const socket of server.sockets) socket.stuck = true
    const { dedupKey } = client.send(chat.id, "look", { files: [picture("sea.jpg")] })
    await time.pass(2_000)
    server.files.clear()
    server.cutAll()
    await time.pass(5_000)
    assert.strictEqual(pending(client)[0]?.failure?.code, "not_found")
    client.retry(dedupKey)
    await time.pass(2_000)
    assert.deepStrictEqual(stored(), [["look", "sea.jpg"]])
  })

  it("that is discarded while it is uploaded is never sent, and what follows is", async () => {
    const client = await connected(server, ann)
    server.network.latency = 2_000
    const { dedupKey, delivered } = client.send(chat.id, "look", { files: [picture("sea.jpg")] })
    const after = client.send(chat.id, "after")
    await time.pass(1)
    assert.strictEqual(pending(client)[0]?.status, "uploading")
    // What is written meanwhile keeps its place behind it.
    client.send(chat.id, "last")
    await time.pass(1)
    assert.deepStrictEqual(
      pending(client).map(({ status }) => status),
      ["uploading", "queued", "queued"],
    )
    client.discard(dedupKey)
    assert.strictEqual((await time.until(failure(delivered))).tag, "Discarded")
    await time.until(after.delivered)
    await time.pass(10_000)
    assert.deepStrictEqual(stored(), [["after"], ["last"]])
  })

  it("that another tab has taken back is not uploaded", async () => {
    const outbox = memoryOutbox()
    const first = await connected(server, ann, { outbox })
    server.network.down = true
    server.cutAll()
    const { dedupKey } = first.send(chat.id, "look", { files: [picture("sea.jpg")] })
    await time.pass(1_000)
    first.close()
    server.network.down = false
    server.network.latency = 500
    const second = clientOf(server, { outbox })
    await time.until(second.logIn("ann", "correct horse"))
    assert.strictEqual(pending(second)[0]?.status, "queued")
    await outbox.remove({ userId: ann.id, dedupKey })
    await time.until(second.whenOnline())
    await time.pass(5_000)
    assert.deepStrictEqual([uploads(), pending(second), stored()], [0, [], []])
  })
})

describe("An upload", () => {
  it("reports its progress, is tried again, and can be aborted", async () => {
    const client = await connected(server, ann)
    const reports: Array<string> = []
    server.failedUploads.push(503)
    const file = await time.until(
      client.upload(picture("face.jpg"), { onProgress: (sent, total) => reports.push(`${sent}/${total}`) }),
    )
    assert.deepStrictEqual([file.name, file.size, uploads()], ["face.jpg", 100, 2])
    assert.deepStrictEqual(reports, ["100/100", "100/100"])
    server.failedUploads.push(503, 503, 503, 503, 503)
    assert.strictEqual((await time.until(failure(client.upload(picture("late"))))).status, 503)
    assert.strictEqual(uploads(), 7)
    const abort = new AbortController()
    server.failedUploads.push(503)
    const aborted = failure(client.upload(picture("gone"), { signal: abort.signal }))
    await time.pass(10)
    abort.abort()
    assert.strictEqual((await time.until(aborted)).tag, "Aborted")
    assert.strictEqual(uploads(), 8)
  })

  it("of a path without a file says so", async () => {
    const client = await connected(server, ann)
    await time.until(client.service())
    // The file system has its own time.
    const error = await failure(client.upload({ content: { path: "/nowhere/at all.txt" } }))
    assert.strictEqual(error.tag, "FileUnreadable")
  })
})

describe("The name of a file", () => {
  it("keeps all that the server takes, and its extension when it is too long", () => {
    assert.strictEqual(fileName("Отчёт 🌊.pdf"), "Отчёт 🌊.pdf")
    assert.strictEqual(fileName("a/b\\c\u0000\u202e.exe\ud800"), "a_b_c__.exe\ufffd")
    assert.strictEqual(fileName(""), "file")
    const long = fileName(`${"🌊".repeat(300)}.jpeg`)
    assert.strictEqual([...long].length, 255)
    assert.isTrue(long.endsWith("🌊.jpeg"))
  })
})
