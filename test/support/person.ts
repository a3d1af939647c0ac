// A user of the server from outside, over real HTTP and real sockets. Tests request (`http`, `ask`), send (`send`) and
// receive (`hears`); nothing sleeps: everything waits for a fact, with a timeout.
import { once } from "node:events"
import { WebSocket } from "ws"

export interface Reply {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what a stranger sends; tests say what they expect of it
  readonly body: any
}

export interface Frame {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly [field: string]: any
}

/** Fields that a frame must have, or a question that it must answer with yes. */
export type Match = { readonly [field: string]: unknown } | ((frame: Frame) => boolean)

const matches = (match: Match, frame: Frame): boolean =>
  typeof match === "function"
    ? match(frame)
    : Object.entries(match).every(([key, value]) => JSON.stringify(frame[key]) === JSON.stringify(value))

const longestWait = 5_000

/** A socket that the server did not let in. */
export class NotConnected extends Error {
  /** Whether it said that a later attempt may succeed. */
  readonly isTemporary: boolean

  constructor(message: string, isTemporary: boolean) {
    super(message)
    this.isTemporary = isTemporary
  }
}

/** One connected socket of a user. */
export class Device {
  /** All frames in the order of their arrival. */
  readonly heard: Array<Frame> = []
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly #socket: WebSocket
  readonly #unread: Array<Frame> = []
  readonly #waiting = new Set<() => void>()
  #refs = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on("message", (data) => {
      const frame: Frame = JSON.parse(data.toString())
      this.heard.push(frame)
      this.#unread.push(frame)
      for (const look of [...this.#waiting]) look()
    })
    this.closed = new Promise((resolve) =>
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() })),
    )
    socket.on("error", () => {})
  }

  /** Pushes a frame (an object, or text as it is) and does not wait. */
  send(frame: object | string): void {
    this.#socket.send(typeof frame === "string" ? frame : JSON.stringify(frame))
  }

  /** Sends a frame with a `ref` and waits for the frame that answers it. */
  async ask(frame: object): Promise<Frame> {
    const ref = `ref-${++this.#refs}`
    this.send({ ...frame, ref })
    return this.hears({ ref })
  }

  /** Waits for a frame that matches; takes it, so that the next call finds the next one. */
  hears(match: Match, timeout = longestWait): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const index = this.#unread.findIndex((frame) => matches(match, frame))
        if (index < 0) return
        done()
        resolve(this.#unread.splice(index, 1)[0] as Frame)
      }
      const timer = setTimeout(() => {
        done()
        const wanted = typeof match === "function" ? match.toString() : JSON.stringify(match)
        const instead = this.#unread.map((frame) => JSON.stringify(frame)).join("\n  ")
        reject(new Error(`Heard no ${wanted} within ${timeout} ms, but\n  ${instead}`))
      }, timeout)
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(look)
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** Received frames of one type that no test has read yet. */
  unread(type: string): ReadonlyArray<Frame> {
    return this.#unread.filter((frame) => frame.type === type)
  }

  /** Afterwards everything that the server had to send at the call has arrived. */
  async settled(): Promise<void> {
    await this.ask({ type: "ping" })
  }

  async close(): Promise<void> {
    this.#socket.close()
    await this.closed
  }

  /** The wire is cut: no goodbye. */
  cut(): void {
    this.#socket.terminate()
  }
}

let people = 0

export class Person {
  readonly base: string
  readonly username: string
  readonly password = "correct horse battery"
  id = 0
  access_token = ""
  refresh_token = ""

  private constructor(base: string, username: string) {
    this.base = base
    this.username = username
  }

  /** Somebody whose account is made in another way. */
  static named(base: string, name: string): Person {
    return new Person(base, `${name}-${process.pid}-${++people}`)
  }

  /** Signs up under a new name that begins with `name`, and in. */
  static async signUp(base: string, name = "person"): Promise<Person> {
    const person = new Person(base, `${name}-${process.pid}-${++people}`)
    const { username, password } = person
    const reply = await person.http("POST", "/users", { username, password, email: `${username}@example.com` })
    if (reply.status !== 201) throw new Error(`Sign-up: ${reply.status} ${JSON.stringify(reply.body)}`)
    person.id = reply.body.id
    await person.logIn()
    return person
  }

  /** The same user with the same session, on another node. */
  at(base: string): Person {
    const { access_token, id, refresh_token, username } = this
    return Object.assign(new Person(base, username), { access_token, id, refresh_token })
  }

  /** A new session: the same user on one more device. */
  async logIn(): Promise<void> {
    const reply = await this.form("/token", { username: this.username, password: this.password })
    if (reply.status !== 200) throw new Error(`Log-in: ${reply.status} ${JSON.stringify(reply.body)}`)
    this.access_token = reply.body.access_token
    this.refresh_token = reply.body.refresh_token
  }

  async http(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return this.#fetch(path, {
      method,
      headers: {
        ...(this.access_token === "" ? {} : { authorization: `Bearer ${this.access_token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  /** As an HTML form would send it. */
  async form(path: string, fields: Record<string, string>): Promise<Reply> {
    return this.#fetch(path, { method: "POST", body: new URLSearchParams(fields) })
  }

  /** `http` that must succeed: its body. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  async ok(method: string, path: string, body?: unknown): Promise<any> {
    const reply = await this.http(method, path, body)
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
    return reply.body
  }

  /** Finds somebody by the full user name, where that is needed to name them. */
  async found(other: Person): Promise<void> {
    const { items } = await this.ok("GET", `/users?query=${other.username}`)
    if (items[0]?.id !== other.id) throw new Error(`${other.username} was not found`)
  }

  async group(name: string, ...others: ReadonlyArray<Person>): Promise<number> {
    return (await this.ok("POST", "/chats", { type: "group", name, member_ids: others.map((other) => other.id) })).id
  }

  async privateChat(other: Person): Promise<number> {
    return (await this.ok("POST", "/chats", { type: "private", member_ids: [other.id] })).id
  }

  /** Opens a socket and waits for its `hello`. */
  async connect(path = "/ws", query: Record<string, string> = {}): Promise<Device> {
    const parameters = new URLSearchParams({ ...query, token: this.access_token })
    const socket = new WebSocket(`${this.base.replace(/^http/, "ws")}${path}?${parameters}`)
    const device = new Device(socket)
    const refused = once(socket, "unexpected-response").then(([, { statusCode }]) => {
      socket.terminate()
      throw new NotConnected(`The upgrade was answered ${statusCode}`, statusCode === 503)
    })
    const closed = device.closed.then(({ code, reason }) => {
      throw new NotConnected(`Closed with ${code} ${reason} before its hello`, code === 1001)
    })
    const greeted = once(socket, "open", { signal: AbortSignal.timeout(longestWait) }).then(() =>
      device.hears({ type: "hello" }),
    )
    await Promise.race([greeted, refused, closed])
    return device
  }

  /** The status with which the server refuses this upgrade. */
  async refused(path: string, query: Record<string, string> = { token: this.access_token }): Promise<number> {
    const socket = new WebSocket(`${this.base.replace(/^http/, "ws")}${path}?${new URLSearchParams(query)}`)
    return new Promise((resolve, reject) => {
      socket.once("open", () => {
        socket.terminate()
        reject(new Error("The socket was opened"))
      })
      socket.once("unexpected-response", (_, response) => {
        resolve(response.statusCode ?? 0)
        socket.terminate()
      })
      socket.on("error", reject)
    })
  }

  async #fetch(path: string, init: RequestInit): Promise<Reply> {
    const response = await fetch(this.base + path, { ...init, signal: AbortSignal.timeout(longestWait * 2) })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get("content-type") ?? "")
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
}
