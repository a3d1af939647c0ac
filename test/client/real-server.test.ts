// The client, the typed HTTP client and the typed RPC client against the real server, over the real network of this machine.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { afterAll, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import type { ChatClient } from "../../src/client/ChatClient.ts"
import {
  Confab,
  ConfabHttp,
  ConfabRpc,
  createChatClient,
  fileOutbox,
  fileTokens,
  type TokenStorage,
} from "../../src/client/Client.ts"
import type { ClientOptions } from "../../src/client/ClientOptions.ts"
import type { ChatState } from "../../src/client/state/ChatState.ts"
import type { File } from "../../src/domain/File.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { serverOnPostgres } from "../support/sharedServer.ts"
import { essence, opened } from "./fake/harness.ts"

/** Its own, since it is killed. */
const server = await serverOnPostgres()
let directory: string
const clients: Array<ChatClient> = []
let people = 0

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "confab-client-"))
})
afterAll(async () => {
  for (const client of clients) client.close()
  await server[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

/** As `POST /files` answers it. */
const upload = async (tokens: TokenStorage): Promise<File> => {
  const headers = { authorization: `Bearer ${(await tokens.load())?.accessToken}` }
  const answer = await fetch(`${server.url}/files?name=notes.txt`, { method: "POST", headers, body: "some notes" })
  assert.strictEqual(answer.status, 201)
  return (await answer.json()) as File
}

const make = (options: ClientOptions = {}): ChatClient => {
  const client = createChatClient({ url: server.url, ...options })
  clients.push(client)
  return client
}

const person = async (options: ClientOptions = {}) => {
  const username = `client${++people}`
  const client = make(options)
  const me = await client.register({ username, email: `${username}@example.org`, password: "correct horse" })
  await client.whenOnline()
  return { client, me, username }
}

/** The longest pause of a client between two tries to connect, and some: a server may need longer to start than clients try often. */
const comesBackWithin = 40_000

/** Resolves when the state is as wanted; rejects after `within` milliseconds. */
const sees = <A>(
  client: ChatClient,
  look: (state: ChatState) => A | undefined | false | null,
  within = 10_000,
): Promise<A> =>
  new Promise((resolve, reject) => {
    const check = () => {
      const found = look(client.getState())
      if (found === undefined || found === false || found === null) return
      clearTimeout(timer)
      stop()
      resolve(found)
    }
    const stop = client.subscribe(check)
    const timer = setTimeout(() => {
      stop()
      reject(new Error(`Not seen; ${JSON.stringify(client.getState().chats)} ${look}`))
    }, within)
    check()
  })

const texts = (client: ChatClient, id: ChatId) =>
  client
    .getState()
    .conversations.get(id)
    ?.messages.map(({ text }) => text) ?? []

describe("On the real server", () => {
  it("two users exchange messages, edits, deletions, ticks and unread counts", async () => {
    const [ann, bob] = [await person(), await person()]
    const chat = await ann.client.openPrivate(bob.me.id)
    await sees(bob.client, ({ chatById }) => chatById.get(chat.id))
    await Promise.all([ann.client.openChat(chat.id), bob.client.openChat(chat.id)])
    const first = await ann.client.send(chat.id, "hello").delivered
    await sees(bob.client, ({ chatById }) => chatById.get(chat.id)?.unread_count === 1)
    await sees(ann.client, ({ chatById }) => chatById.get(chat.id)?.deliveredSeq === first.seq)
    assert.strictEqual(ann.client.getState().chatById.get(chat.id)?.readSeq, 0)
    bob.client.markRead(chat.id, first.seq)
    await sees(ann.client, ({ chatById }) => chatById.get(chat.id)?.readSeq === first.seq)
    await ann.client.edit(first.messageId, "hello!")
    assert.deepStrictEqual(
      (await ann.client.edits(first.messageId)).map(({ text }) => text),
      ["hello"],
    )
    await sees(bob.client, () => texts(bob.client, chat.id).includes("hello!"))
    const second = await bob.client.send(chat.id, "oops", { replyTo: first.messageId }).delivered
    await bob.client.delete(second.messageId)
    await sees(ann.client, ({ conversations }) => conversations.get(chat.id)?.messages[1]?.deleted)
    ann.client.setTyping(chat.id, true)
    await sees(bob.client, ({ chatById }) => chatById.get(chat.id)?.typing.includes(ann.me.id))
    await sees(bob.client, ({ presence }) => presence.get(ann.me.id)?.online)
    assert.deepStrictEqual(
      (await ann.client.readers(first.messageId)).map(({ id }) => id),
      [bob.me.id],
    )
  })

  it("groups: members are added, changed and removed", async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()]
    const group = await ann.client.createGroup("plans", [bob.me.id])
    await ann.client.openChat(group.id)
    await sees(bob.client, ({ chatById }) => chatById.get(group.id)?.title === "plans")
    await ann.client.addMembers(group.id, [eve.me.id])
    await sees(eve.client, ({ chatById }) => chatById.get(group.id)?.member_count === 3)
    await ann.client.setRole(group.id, bob.me.id, "admin")
    await sees(bob.client, ({ chatById }) => chatById.get(group.id)?.role === "admin")
    await bob.client.rename(group.id, "better plans")
    await sees(eve.client, ({ chatById }) => chatById.get(group.id)?.title === "better plans")
    await bob.client.changeChat(group.id, { description: "What to do", custom: { color: "red" } })
    await sees(eve.client, ({ chatById }) => chatById.get(group.id)?.description === "What to do")
    await bob.client.changeChat(group.id, { description: null })
    await sees(eve.client, ({ chatById }) => !("description" in (chatById.get(group.id) ?? { description: "" })))
    assert.deepStrictEqual(eve.client.getState().chatById.get(group.id)?.custom, { color: "red" })
    await ann.client.send(group.id, "Read me").delivered
    await sees(eve.client, ({ unreadTotal }) => unreadTotal === 1)
    assert.deepStrictEqual(await eve.client.unread(), { chats: 1, messages: 1, mentions: 0 })
    await eve.client.markAllRead()
    await sees(eve.client, ({ unreadTotal }) => unreadTotal === 0)
    await ann.client.removeMember(group.id, eve.me.id)
    await sees(eve.client, ({ chatById }) => !chatById.has(group.id))
    await bob.client.leave(group.id)
    await sees(ann.client, ({ conversations }) => conversations.get(group.id)?.members?.length === 1)
    await ann.client.deleteChat(group.id)
    assert.isFalse(ann.client.getState().chatById.has(group.id))
  })

  it("survives the server being killed: nothing lost, nothing twice, the same as a fresh client", async () => {
    const tokens = fileTokens(join(directory, "tokens.json"))
    const outbox = fileOutbox(join(directory, "outbox.json"))
    const [ann, bob] = [await person({ tokens, outbox }), await person()]
    const chat = await ann.client.createGroup("stormy", [bob.me.id])
    await sees(bob.client, ({ chatById }) => chatById.get(chat.id))
    await Promise.all([ann.client.openChat(chat.id), bob.client.openChat(chat.id)])
    const wanted: Array<string> = []
    const say = (text: string) => {
      wanted.push(text)
      return ann.client.send(chat.id, text).delivered
    }
    await say("calm")
    const file = await upload(tokens)
    const during = Promise.all(Array.from({ length: 20 }, (_, i) => say(`storm ${i}`)))
    const killed = server.kill9()
    await killed
    const offline = say("nobody is there")
    // Also a message with a file and no text.
    wanted.push("")
    const picture = ann.client.send(chat.id, "", { attachments: [file.id] }).delivered
    ann.client.setDraft(chat.id, "for later")
    const restarted = server.restart()
    await restarted
    await Promise.all([during, offline, picture])
    await sees(bob.client, () => texts(bob.client, chat.id).length === wanted.length, comesBackWithin)
    assert.deepStrictEqual(texts(bob.client, chat.id), wanted)
    const last = bob.client.getState().conversations.get(chat.id)?.messages.at(-1)
    assert.deepStrictEqual(last?.attachments, [file])
    await sees(ann.client, () => texts(ann.client, chat.id).length === wanted.length)
    await sees(ann.client, ({ chatById }) => chatById.get(chat.id)?.draft === "for later")

    const fresh = make()
    await fresh.logIn(ann.username, "correct horse")
    await fresh.whenOnline()
    for (const { id } of fresh.getState().chats) {
      await fresh.openChat(id)
      await ann.client.openChat(id)
    }
    assert.deepStrictEqual(essence(ann.client), essence(fresh))
    assert.deepStrictEqual(opened(ann.client), opened(fresh))

    ann.client.close()
    const again = make({ tokens, outbox })
    assert.strictEqual((await again.start())?.id, ann.me.id)
    await again.whenOnline()
    assert.isFalse((await fresh.loadSessions()).some(({ id }) => id === undefined))
  }, 120_000)

  it("has the own state of a user on two devices: settings, settings of chats, drafts, blocks, scheduled messages", async () => {
    const [ann, bob] = [await person(), await person()]
    const other = make()
    await other.logIn(ann.username, "correct horse")
    await other.whenOnline()
    const { client } = ann
    const [chat, group] = [await client.openPrivate(bob.me.id), await client.createGroup("Later", [])]
    await sees(other, ({ chatById }) => chatById.has(chat.id) && chatById.has(group.id))
    const pinned_at = "2026-01-01T00:00:00.000Z"
    const muted_until = "2999-01-01T00:00:00.000Z"
    // One after the other, whatever the order of the answers: neither undoes the other.
    await Promise.all([
      client.changeChatSettings(chat.id, { muted_until, unread: true }),
      client.changeChatSettings(chat.id, { pinned_at, unread: null }),
    ])
    assert.deepStrictEqual(client.getState().chatById.get(chat.id)?.settings, { muted_until, pinned_at })
    assert.deepStrictEqual(
      client.getState().chats.map(({ id }) => id),
      [chat.id, group.id],
      "pinned, though the group is newer",
    )
    await client.changeSettings({ read_receipts: false })
    client.setDraft(chat.id, "Half a thou")
    await client.block(bob.me.id)
    const at = new Date("2999-01-01T00:00:00.000Z")
    const refused = await client.schedule(chat.id, at, "too far").catch(({ tag }: { readonly tag: string }) => tag)
    assert.strictEqual(refused, "InvalidInput")
    const soon = await client.schedule(group.id, new Date(Date.now() + 3_600_000), "in an hour")
    const all = ({ blocks, chatById, scheduled, settings }: ChatState) => [
      chatById.get(chat.id)?.settings,
      chatById.get(chat.id)?.draft,
      settings,
      [...blocks],
      scheduled,
    ]
    const wanted = [{ muted_until, pinned_at }, "Half a thou", { read_receipts: false }, [bob.me.id], [soon]]
    const same = (state: ChatState) => isDeepStrictEqual(all(state), wanted)
    await sees(other, same)
    await sees(client, same)
    const third = make()
    await third.logIn(ann.username, "correct horse")
    await third.whenOnline()
    await sees(third, same)
    assert.deepStrictEqual(essence(third), essence(client))

    other.setDraft(chat.id, "")
    await other.unblock(bob.me.id)
    await other.changeChatSettings(chat.id, { muted_until: null, pinned_at: null })
    await other.changeScheduled(soon.key, { at: new Date(0) })
    await sees(client, ({ blocks, chatById, scheduled }) => {
      const view = chatById.get(chat.id)
      return view?.draft === "" && view.settings === undefined && blocks.size === 0 && scheduled.length === 0
    })
    await sees(third, ({ chatById }) => chatById.get(group.id)?.last_message?.text === "in an hour")
  }, 60_000)

  it("sends a message with files once after the server was away and the program was started again", async () => {
    const storages = () => ({
      tokens: fileTokens(join(directory, "t.json")),
      outbox: fileOutbox(join(directory, "o.json")),
    })
    const [ann, bob] = [await person(storages()), await person()]
    const chat = await ann.client.openPrivate(bob.me.id)
    await bob.client.openPrivate(ann.me.id)
    await bob.client.openChat(chat.id)
    const path = join(directory, "Отчёт.txt")
    writeFileSync(path, "a report")
    const large = new globalThis.File([new Uint8Array(300_000).fill(7)], "large.bin")
    await server.kill9()
    ann.client.send(chat.id, "before")
    ann.client.send(chat.id, "look", { files: [{ content: { path } }, { content: large }] })
    ann.client.send(chat.id, "after")
    // The bytes are in the storage before the program ends.
    const stored = () => JSON.parse(readFileSync(join(directory, "o.json"), "utf8"))
    await vi.waitFor(() => assert.lengthOf(stored().messages, 3), 10_000)
    ann.client.close()
    await server.restart()
    const again = make(storages())
    const progress: Array<number> = []
    again.subscribe(() => {
      const [first] = again.getState().conversations.get(chat.id)?.pending ?? []
      if (first?.status === "uploading") progress.push(first.uploads[1]?.sent ?? 0)
    })
    await again.start()
    await sees(bob.client, () => texts(bob.client, chat.id).length === 3, comesBackWithin)
    assert.deepStrictEqual(texts(bob.client, chat.id), ["before", "look", "after"])
    const sent = bob.client.getState().conversations.get(chat.id)?.messages[1]?.attachments
    assert.deepStrictEqual(
      sent?.map(({ name, size }) => [name, size]),
      [
        ["Отчёт.txt", 8],
        ["large.bin", 300_000],
      ],
    )
    assert.isAbove(Math.max(...progress), 0)
    const shared = await bob.client.chatFiles(chat.id, { limit: 1 })
    assert.deepStrictEqual([shared.items.length, shared.has_more], [2, false])
    assert.isAbove((await again.service()).files?.max_bytes ?? 0, 300_000)
    const avatar = await again.upload({ content: new Blob(["no picture"]), name: "a/b.png" })
    assert.deepStrictEqual([avatar.name, avatar.kind], ["a_b.png", "file"])
    // Nothing is left beside the outbox.
    await sees(again, ({ chatById }) => chatById.get(chat.id)?.pendingCount === 0)
    await vi.waitFor(() => assert.isFalse(existsSync(join(directory, "o.json.files"))), 10_000)
    assert.isFalse(existsSync(join(directory, "o.json")))
  }, 120_000)

  it("ends other devices, changes the password, and is signed out where it was ended", async () => {
    const ann = await person()
    const other = make()
    await other.logIn(ann.username, "correct horse")
    await other.whenOnline()
    const sessions = await ann.client.loadSessions()
    assert.strictEqual(sessions.length, 2)
    await ann.client.endSession(sessions.find(({ current }) => !current)!.id)
    await sees(other, ({ connection }) => connection.status === "signed_out")
    await ann.client.changePassword("correct horse", "battery staple")
    assert.strictEqual((await ann.client.setDisplayName("Ann A.")).display_name, "Ann A.")
    assert.strictEqual((await ann.client.searchUsers("Ann A"))[0]?.id, ann.me.id)
    await ann.client.logOut()
    assert.deepStrictEqual(ann.client.getState().connection, { status: "signed_out", reason: "logged_out" })
  })

  it.live("typed HTTP: operations and errors", () =>
    Effect.gen(function* () {
      const { username } = yield* Effect.promise(() => person())
      const { access_token } = yield* Effect.gen(function* () {
        const http = yield* ConfabHttp
        return yield* http.auth.issueTokens({ payload: { username, password: "correct horse" } })
      }).pipe(Effect.provide(ConfabHttp.layerFetch({ url: server.url })))
      yield* Effect.gen(function* () {
        const http = yield* ConfabHttp
        assert.strictEqual((yield* http.accounts.getMe()).username, username)
        const made = yield* http.chats.createChat({ payload: { type: "group", name: "typed", member_ids: [] } })
        const sent = yield* http.messages.sendMessage({ params: { id: made.id }, payload: { text: "typed too" } })
        const page = yield* http.messages.listMessages({ params: { id: made.id }, query: {} })
        assert.deepStrictEqual(
          page.items.map(({ id }) => id),
          [sent.id],
        )
        const error = yield* Effect.flip(http.chats.getChat({ params: { id: 999_999 as ChatId } }))
        assert.strictEqual(error._tag, "ChatNotFound")
      }).pipe(Effect.provide(ConfabHttp.layerFetch({ url: server.url, token: Effect.succeed(access_token) })))
    }),
  )

  it.live("typed RPC: operations, errors and the stream of events", () =>
    Effect.gen(function* () {
      const { username, me } = yield* Effect.promise(() => person())
      const { access_token } = yield* Effect.gen(function* () {
        const http = yield* ConfabHttp
        return yield* http.auth.issueTokens({ payload: { username, password: "correct horse" } })
      }).pipe(Effect.provide(ConfabHttp.layerFetch({ url: server.url })))
      yield* Effect.gen(function* () {
        const rpc = yield* ConfabRpc
        assert.strictEqual((yield* rpc.Me()).id, me.id)
        const chat = yield* rpc.CreateGroup({ name: "remote", member_ids: [] })
        const heard = yield* rpc.Events({}).pipe(
          Stream.tap((frame) =>
            frame.type === "hello" ? rpc.SendMessage({ chat_id: chat.id, text: "procedure" }) : Effect.void,
          ),
          Stream.filter((frame) => frame.type === "message"),
          Stream.take(1),
          Stream.runCollect,
        )
        assert.strictEqual(heard[0]?.type === "message" && heard[0].text, "procedure")
        const error = yield* Effect.flip(rpc.GetChat({ chat_id: 999_999 as ChatId }))
        assert.strictEqual(error._tag, "ChatNotFound")
      }).pipe(Effect.provide(ConfabRpc.layerPlatform({ url: server.url, token: Effect.succeed(access_token) })))
    }),
  )

  it.live("the client as an Effect service: streams, typed failures, closed with its scope", () =>
    Effect.gen(function* () {
      const ann = yield* Effect.promise(() => person())
      yield* Effect.gen(function* () {
        const confab = yield* Confab
        yield* confab.use((client) => client.logIn(ann.username, "correct horse"))
        yield* confab.use((client, signal) => client.whenOnline({ signal }))
        const chat = yield* confab.use((client) => client.createGroup("effects", []))
        const listening = yield* confab.events.pipe(
          Stream.filter((frame) => frame.type === "message"),
          Stream.take(1),
          Stream.runCollect,
          Effect.forkChild({ startImmediately: true }),
        )
        const { seq } = yield* confab.send(chat.id, "in a stream")
        assert.strictEqual(seq, 1)
        assert.strictEqual((yield* Fiber.join(listening)).length, 1)
        const state = yield* confab.states.pipe(
          Stream.filter(({ chatById }) => chatById.get(chat.id)?.last_seq === 1),
          Stream.runHead,
        )
        assert.strictEqual(state._tag, "Some")
        const error = yield* Effect.flip(confab.use((client) => client.rename(chat.id, "")))
        assert.strictEqual(error.tag, "InvalidInput")
        assert.strictEqual(error.issues[0]?.path, "name")
      }).pipe(Effect.provide(Confab.layer({ url: server.url })))
    }),
  )
})
