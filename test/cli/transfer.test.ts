// A server's life goes on after a move: embedded → PostgreSQL, disk → S3 store and back, by the command.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, it, vi } from "vitest"
import { confab } from "../support/confab.ts"
import { Person } from "../support/person.ts"
import { S3Store, s3Env } from "../support/s3.ts"
import { Server } from "../support/server.ts"
import { jwtSecret, serverOnPostgres } from "../support/sharedServer.ts"

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 })

const directory = mkdtempSync(join(tmpdir(), "confab-move-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A file that ends within a line of the export. */
const bytes = Uint8Array.from({ length: 200_001 }, (_, i) => (i * i) % 251)

it("after a move, passwords, sessions, history, cursors and files from before it are good", async () => {
  const file = join(directory, "all.confab")
  await using old = await Server.start({ env: { JWT_SECRET: jwtSecret } })
  const ada = await Person.signUp(old.url, "ada")
  const bob = await Person.signUp(old.url, "bob")
  await ada.found(bob)
  const chat_id = await ada.privateChat(bob)
  const say = (person: Person, n: number) =>
    person.ok("POST", `/chats/${chat_id}/messages`, { text: `Message ${n}`, dedup_key: String(n) })
  const first = await say(ada, 1)
  // Bob's device was last here at this version.
  const { version } = await say(bob, 2)
  await ada.ok("PUT", `/messages/${first.id}/reactions/👋`)
  const third = await say(ada, 3)
  const upload = await fetch(`${old.url}/files?name=a.bin&as=file`, {
    method: "POST",
    headers: { authorization: `Bearer ${ada.access_token}` },
    body: bytes,
  })
  const { id: file_id } = (await upload.json()) as { readonly id: number }

  const env = { DATA_DIR: old.dataDir }
  const busy = await confab(["export", file], { env })
  assert.strictEqual(busy.code, 1)
  assert.match(busy.stderr, /^A server is using DATA_DIR/)
  assert.isFalse(existsSync(file))
  await old.terminate()
  const exported = await confab(["export", "--files", file], { env })
  assert.deepStrictEqual([exported.code, exported.stderr], [0, ""])
  assert.match(exported.stdout, /\nmessages +3\n/)
  assert.match(exported.stdout, /and the bytes of 1 file \(0\.2 MiB\) are in /)
  assert.strictEqual(statSync(file).mode & 0o777, 0o600)

  await using store = await S3Store.start()
  await using server = await serverOnPostgres(s3Env(store.url))
  const to = { DATABASE_URL: server.databaseUrl ?? "", JWT_SECRET: jwtSecret, ...s3Env(store.url), DATA_DIR: directory }
  await server.terminate()
  const imported = await confab(["import", file], { env: to })
  assert.deepStrictEqual([imported.code, imported.stderr], [0, ""])
  assert.match(imported.stdout, /^TABLE +IN THE FILE +IN THE DATABASE\n/)
  assert.match(imported.stdout, /\nmessages +3 +3\n/)
  assert.match(imported.stdout, /\nThe bytes of 1 file \(0\.2 MiB\) are in the bucket confab-files at /)
  const names = store.names()
  assert.strictEqual(names.length, 1)

  const without = { FILES: "off", DATA_DIR: join(directory, "without") }
  const nowhere = await confab(["import", file], { env: without })
  assert.deepStrictEqual(
    [nowhere.code, nowhere.stderr],
    [1, "The export has the bytes of 1 file, and this server keeps no files: FILES=off is set."],
  )
  const fromNowhere = await confab(["export", "--files", join(directory, "none.confab")], { env: without })
  assert.deepStrictEqual(
    [fromNowhere.code, fromNowhere.stderr],
    [1, "The bytes of files are to be exported, and this server keeps no files: FILES=off is set."],
  )
  assert.isFalse(existsSync(without.DATA_DIR))

  // From there back to a disk, where one copy was deleted by hand.
  const back = { DATA_DIR: join(directory, "back") }
  const second = join(directory, "second.confab")
  assert.strictEqual((await confab(["export", "--files", second], { env: to })).code, 0)
  assert.deepStrictEqual(readFileSync(second), readFileSync(file))
  const home = await confab(["import", second], { env: back })
  assert.deepStrictEqual([home.code, home.stderr], [0, ""])
  const kept = readdirSync(join(back.DATA_DIR, "files"), { recursive: true, encoding: "utf8" })
  assert.deepStrictEqual(
    kept.filter((name) => names.some((id) => name.endsWith(id))),
    names.map((id) => join(id.slice(0, 2), id)),
  )
  rmSync(join(back.DATA_DIR, "files"), { recursive: true })
  const rows = await confab(["export", join(directory, "rows.confab")], { env: back })
  assert.match(rows.stdout, /\nThe bytes of 1 file \(0\.2 MiB\) are not\./)
  const poorer = await confab(["export", "--files", join(directory, "third.confab")], { env: back })
  assert.match(poorer.stdout, /the bytes of 0 files \(0\.0 MiB\) .* The bytes of 1 file were missing/)
  await server.restart()

  // With the token and the cursor from before the move: the secret is the same.
  const device = await bob.at(server.url).connect()
  const synced = await device.ask({ type: "sync", cursors: { [chat_id]: version } })
  assert.deepStrictEqual([synced.type, synced.cursors], ["synced", { [chat_id]: third.version }])
  assert.deepStrictEqual(
    device.unread("message").map(({ text }) => text),
    ["Message 3"],
  )
  assert.strictEqual(device.unread("reaction").length, 1)
  const again = ada.at(server.url)
  await again.logIn()
  const sent = await again.ok("POST", `/chats/${chat_id}/messages`, { text: "Message 4", dedup_key: "4" })
  assert.strictEqual(sent.seq, 4)
  const { items } = await again.ok("GET", `/chats/${chat_id}/messages`)
  assert.sameMembers(
    items.map(({ text }: { readonly text: string }) => text),
    [1, 2, 3, 4].map((n) => `Message ${n}`),
  )
  const download = await fetch(`${server.url}/files/${file_id}`, {
    headers: { authorization: `Bearer ${again.access_token}` },
  })
  assert.deepStrictEqual(new Uint8Array(await download.arrayBuffer()), bytes)
  const repeated = await again.ok("POST", `/chats/${chat_id}/messages`, { text: "Message 1", dedup_key: "1" })
  assert.strictEqual(repeated.id, first.id)
  // Ids go on.
  const carl = await Person.signUp(server.url, "carl")
  assert.strictEqual(carl.id, bob.id + 1)
})
