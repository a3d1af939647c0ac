// A server in the same thread: the HTTP and the socket that a client needs, over a network that is slow, loses answers and
// is cut whenever the test likes.
import type { Runtime, SocketLike } from "../../../src/client/Runtime.ts"
import { Limits } from "../../../src/contract/Limits.ts"
import type { File, FileId } from "../../../src/domain/File.ts"
import type { ChatId, MessageId, SessionId, UserId } from "../../../src/domain/Ids.ts"
import type { Me, User } from "../../../src/domain/User.ts"
import { type Event, FakeChat, type NewerEvent, Refused } from "./FakeChat.ts"
import { FakeSocket } from "./FakeSocket.ts"
import { FakeState } from "./FakeState.ts"
import type { FakeTime } from "./FakeTime.ts"

export interface Network {
  /** Milliseconds that a packet takes at most. */
  latency: number
  /** The probability that a request has no answer, though it may have been carried out. */
  loss: number
  down: boolean
}

interface Account {
  readonly me: Me
  readonly password: string
}

const problem = (status: number, _tag: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ _tag, status, detail: _tag }), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  })

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status })

export class FakeServer {
  readonly chats = new Map<ChatId, FakeChat>()
  readonly accounts = new Map<UserId, Account>()
  readonly sockets = new Set<FakeSocket>()
  readonly network: Network = { latency: 0, loss: 0, down: false }
  /** All HTTP requests: `GET /chats` … */
  readonly requests: Array<string> = []
  /** Answers the next `message` frames with these errors. */
  readonly refusals: Array<{ readonly code: Refused["code"]; readonly retry_after_ms?: number }> = []
  /** Answers the next uploads with these statuses. */
  readonly failedUploads: Array<number> = []
  readonly files = new Map<FileId, File>()
  /** null: it takes no files. */
  maxBytes: number | null = 1_000
  tokenLife = 900
  /** The user to whom a new socket belongs by its cookie. */
  cookieOf: UserId | undefined
  /** Changes that a `sync` sends at most. */
  replayLimit: number = Limits.replay
  /** Members that one answer has at most. */
  membersAtOnce = 200
  /** Which chats a `sync` cannot read now. */
  fails: (id: ChatId) => boolean = () => false
  /** How often a client has received what a chat adds up to. */
  checks = 0
  features: ReadonlyArray<string> = ["check"]
  /** The users' own state. */
  refusesState = false
  readonly states = new Map<UserId, FakeState>()
  ids = 0
  /** Access and refresh tokens that are good, and whose. */
  private readonly tokens = new Map<string, { readonly user: UserId; readonly sid: SessionId; expires: number }>()
  private readonly refreshTokens = new Map<string, { readonly user: UserId; readonly sid: SessionId }>()
  readonly time: FakeTime

  constructor(time: FakeTime) {
    this.time = time
  }

  now = (): string => new Date(this.time.now()).toISOString()

  person(username: string): User {
    const id = ++this.ids as UserId
    const user: User = { id, username, display_name: username.toUpperCase(), created_at: this.now() }
    this.accounts.set(id, { me: { ...user, email: `${username}@example.org` }, password: "correct horse" })
    return user
  }

  chat(name: string | null, ...users: ReadonlyArray<User>): FakeChat {
    const publish = (chat: FakeChat, events: ReadonlyArray<Event | NewerEvent>, also: ReadonlyArray<UserId>) => {
      for (const socket of this.sockets) socket.publish(chat, events, also)
    }
    const chat = new FakeChat(++this.ids as ChatId, name, users, this.now(), publish)
    this.chats.set(chat.id, chat)
    chat.created()
    return chat
  }

  chatsOf(user: UserId): ReadonlyArray<FakeChat> {
    return [...this.chats.values()].filter((chat) => chat.has(user))
  }

  stateOf(user: UserId): FakeState {
    const known = this.states.get(user)
    if (known !== undefined) return known
    const state = new FakeState((entry) => {
      for (const socket of this.sockets) if (socket.user === user) socket.publishState(entry)
    })
    this.states.set(user, state)
    return state
  }

  /** The chat as this user has it, with their own settings of it. */
  private viewOf(chat: FakeChat, user: UserId) {
    const settings = this.stateOf(user).value(`chat:${chat.id}`)
    return { ...chat.view(user), ...(settings === null ? {} : { settings }) }
  }

  say(chat: FakeChat, by: User, text: string, reply_to: MessageId | null = null) {
    return chat.send(by.id, text, null, reply_to, ++this.ids as MessageId, this.now()).message
  }

  /** A runtime whose network leads here. */
  runtime(): Runtime {
    return {
      ...this.time.runtime(),
      page: null,
      fetch: (url, init) => this.fetch(url, init),
      socket: (url) => this.connect(url),
    }
  }

  /** Whoever has a socket. */
  get online(): ReadonlyArray<UserId> {
    return [...new Set([...this.sockets].map(({ user }) => user))]
  }

  cutAll(code = 1006, reason = ""): void {
    for (const socket of [...this.sockets]) socket.end(code, reason)
  }

  /** Every token dies; a refresh token that is left alone can make new ones. */
  expireTokens(refreshToo = false): void {
    this.tokens.clear()
    if (refreshToo) this.refreshTokens.clear()
  }

  delay(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.time.after(this.time.random() * this.network.latency, resolve)
    return promise
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    await this.delay()
    const lost = this.time.random() < this.network.loss
    if (this.network.down || (lost && this.time.random() < 0.5)) throw new TypeError("fetch failed")
    const { pathname, searchParams } = new URL(url)
    this.requests.push(`${init.method} ${pathname}`)
    const answer =
      pathname === "/files"
        ? await this.upload(init, searchParams)
        : pathname === "/service"
          ? json({ files: this.maxBytes === null ? null : { max_bytes: this.maxBytes } })
          : this.answer(init, pathname, searchParams)
    await this.delay()
    if (lost || this.network.down) throw new TypeError("fetch failed")
    return answer
  }

  /** As the real one, it takes bytes whose number is known, and waits for them. */
  private async upload(init: RequestInit, query: URLSearchParams): Promise<Response> {
    const bytes = await new Response(init.body ?? null).arrayBuffer()
    init.signal?.throwIfAborted()
    const headers = new Headers(init.headers)
    if (this.authenticate(headers.get("authorization")?.slice(7) ?? null) === undefined)
      return problem(401, "Unauthorized")
    if (Number(headers.get("content-length")) !== bytes.byteLength) return problem(411, "LengthRequired")
    const failed = this.failedUploads.shift()
    if (failed !== undefined) return problem(failed, failed === 409 ? "QuotaExceeded" : "Unavailable")
    const id = ++this.ids as FileId
    const name = query.get("name") ?? "file"
    const file: File = { id, kind: "file", name, type: "application/octet-stream", size: bytes.byteLength }
    this.files.set(id, file)
    return json(file, 201)
  }

  private issue(user: UserId, sid: SessionId) {
    const access_token = `access-${++this.ids}`
    const refresh_token = `refresh-${++this.ids}`
    this.tokens.set(access_token, { user, sid, expires: this.time.now() + this.tokenLife * 1000 })
    this.refreshTokens.set(refresh_token, { user, sid })
    return { access_token, refresh_token, token_type: "bearer", expires_in: this.tokenLife }
  }

  /** A token of another issuer, for so many seconds. */
  trust(token: string, user: UserId, seconds: number): void {
    const sid = crypto.randomUUID() as SessionId
    this.tokens.set(token, { user, sid, expires: this.time.now() + seconds * 1000 })
  }

  authenticate(token: string | null) {
    const known = this.tokens.get(token ?? "")
    return known !== undefined && known.expires > this.time.now() ? known : undefined
  }

  private answer(init: RequestInit, path: string, query: URLSearchParams): Response {
    const body = typeof init.body === "string" ? init.body : ""
    if (path === "/token") return this.token(new URLSearchParams(body))
    if (path === "/refresh") {
      const { refresh_token } = JSON.parse(body)
      const known = this.refreshTokens.get(refresh_token)
      if (known === undefined) return problem(401, "InvalidRefreshToken")
      return json({ ...this.issue(known.user, known.sid), user: this.accounts.get(known.user)?.me })
    }
    const headers = new Headers(init.headers)
    const by = this.authenticate(headers.get("authorization")?.slice(7) ?? null)?.user
    if (by === undefined) return problem(401, "Unauthorized")
    try {
      if (path === "/me/state") return json(this.stateOf(by).page(query))
      if (path.startsWith("/me/state/")) {
        const key = path.slice("/me/state/".length)
        return this.refusesState ? problem(429, "TooManyRequests") : json(this.stateOf(by).put(key, JSON.parse(body)))
      }
      return this.as(by, `${init.method} ${path}`, body === "" ? {} : JSON.parse(body), query)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return error.code === "not_found" ? problem(404, "ChatNotFound") : problem(403, "NotAllowed")
    }
  }

  private token(form: URLSearchParams): Response {
    const account = [...this.accounts.values()].find(({ me }) => me.username === form.get("username"))
    if (account === undefined || account.password !== form.get("password")) {
      return json({ error: "invalid_grant", error_description: "wrong" }, 400)
    }
    return json(this.issue(account.me.id, crypto.randomUUID() as SessionId))
  }

  private chatOf(by: UserId, id: string | undefined): FakeChat {
    const chat = this.chats.get(Number(id) as ChatId)
    if (chat === undefined || !chat.has(by)) throw new Refused("not_found")
    return chat
  }

  private messageOf(by: UserId, id: string | undefined) {
    const chat = this.chatsOf(by).find(({ rows }) => rows.some(({ message }) => message.id === Number(id)))
    if (chat === undefined) throw new Refused("not_found")
    return { chat, id: Number(id) as MessageId }
  }

  private as(by: UserId, request: string, body: Record<string, unknown>, query: URLSearchParams): Response {
    const [, first, second, third] = request.split("/")
    const text = String(body.text ?? "")
    if (request === "GET /me") return json(this.accounts.get(by)?.me)
    if (request === "POST /logout") {
      // As the real one does: first the sockets, then the answer.
      for (const socket of [...this.sockets]) if (socket.user === by) socket.end(4501, "")
      return new Response(null, { status: 204 })
    }
    if (request === "GET /chats") return this.list(by, query)
    if (request === "POST /chats") return this.create(by, body)
    if (request.startsWith("GET /users/")) {
      const { email: _, ...user } = this.accounts.get(Number(second) as UserId)!.me
      return json(user)
    }
    if (request === "GET /messages") {
      const ids = (query.get("ids") ?? "").split(",").map(Number)
      const items = this.chatsOf(by).flatMap((chat) =>
        chat.rows.flatMap(({ message }) => (ids.includes(message.id) ? [chat.shown(message, by)] : [])),
      )
      return json({ items })
    }
    if (first === "messages") {
      const { chat, id } = this.messageOf(by, second)
      const edited = chat.change(by, id, request.startsWith("PATCH") ? text : null, this.now())
      return request.startsWith("PATCH") ? json(chat.shown(edited, by)) : new Response(null, { status: 204 })
    }
    const chat = this.chatOf(by, second)
    if (third === "messages") return this.page(chat, by, query)
    if (request === `GET /chats/${second}/members`) {
      return json(this.membersAfter(chat, Number(query.get("after") ?? 0)))
    }
    if (third === "members") {
      chat.remove(by)
      return new Response(null, { status: 204 })
    }
    if (request.startsWith("GET")) {
      const { items, next } = this.membersAfter(chat, 0)
      return json({ ...this.viewOf(chat, by), members: items, ...(next === null ? {} : { members_next: next }) })
    }
    if (request.startsWith("PATCH")) chat.rename(String(body.name))
    return json(this.viewOf(chat, by))
  }

  private membersAfter(chat: FakeChat, after: number) {
    const rest = chat.memberList().filter(({ user }) => user.id > after)
    const items = rest.sort((a, b) => a.user.id - b.user.id).slice(0, this.membersAtOnce)
    return { items, next: rest.length > items.length ? items.at(-1)!.user.id : null }
  }

  private create(by: UserId, body: Record<string, unknown>): Response {
    const ids = Array.isArray(body.member_ids) ? body.member_ids : []
    const users = [by, ...ids].map((id) => this.accounts.get(id)!.me)
    const chat = this.chat(body.type === "group" ? String(body.name) : null, ...users)
    return json(this.viewOf(chat, by), 201)
  }

  private list(by: UserId, query: URLSearchParams): Response {
    const all = this.chatsOf(by).map((chat) => this.viewOf(chat, by))
    const from = Number(query.get("before") ?? 0)
    const to = from + Number(query.get("limit") ?? 50)
    return json({ items: all.slice(from, to), next: to < all.length ? String(to) : null })
  }

  private page(chat: FakeChat, by: UserId, query: URLSearchParams): Response {
    const limit = Number(query.get("limit") ?? 50)
    const before = Number(query.get("before") ?? chat.rows.length + 1)
    const around = query.get("around")
    if (around !== null) {
      const end = Math.min(Math.max(Number(around) + Math.floor(limit / 2), limit), chat.rows.length)
      const items = chat.rows.slice(Math.max(0, end - limit), end).map(({ message }) => chat.shown(message, by))
      return json({ items, has_more: end > limit, has_newer: end < chat.rows.length })
    }
    const after = query.get("after")
    const from = after === null ? Math.max(0, before - 1 - limit) : Number(after)
    const to = after === null ? before - 1 : Math.min(chat.rows.length, from + limit)
    const items = chat.rows.slice(from, to).map(({ message }) => chat.shown(message, by))
    return json({ items, has_more: after === null ? from > 0 : to < chat.rows.length })
  }

  private connect(url: string): SocketLike {
    const { searchParams } = new URL(url)
    const socket = new FakeSocket(this, searchParams.get("resume") === "true")
    void this.delay().then(() => {
      const known = this.authenticate(searchParams.get("token"))
      if (this.network.down || known === undefined) return socket.end(1006, "")
      socket.open(this.cookieOf ?? known.user, known.sid)
    })
    return socket
  }

  readonly maxFrame = Limits.frameBytes
}
