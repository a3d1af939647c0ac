// A user's device that loses its connection and reconnects with `sync`, again and again, until it is stopped. It loads
// what it does not know of a chat, as a client does.
import { WebSocket } from "ws"
import type { Frame, Person } from "../support/person.ts"
import { ChatLog, type Loaded } from "./ChatLog.ts"
import type { DeviceHistory } from "./History.ts"
import { StateLog, type StoredState } from "./StateLog.ts"

/** No answer: the socket went away first. The request may have been carried out all the same. */
export class Cut extends Error {}

interface Waiting {
  readonly resolve: (answer: Frame) => void
  readonly reject: (cause: Error) => void
}

export interface DeviceOptions {
  /** undefined: the user is not in the chat. */
  readonly load: (chat_id: number, user_id: number) => Promise<Loaded | undefined>
  readonly loadState: (user_id: number) => Promise<StoredState>
  /** `resident`: it is in all its chats before it connects, and stays there. */
  readonly who: "resident" | "guest"
  readonly server: "alone" | "many"
  /** The one chat of its socket. */
  readonly only?: number
}

/** Then a server that does not answer is given up: the device connects anew, milliseconds. */
const longestWait = 8_000
const syncRef = "sync"
const silent = new Set(["typing", "presence", "delivered", "user_updated", "pong"])
const noLongerMember = 4502

export class RoamingDevice {
  readonly person: Person
  readonly name: string
  readonly chats = new Map<number, ChatLog>()
  /** Its user's own state; undefined before the first hello, and on the socket of one chat. */
  #state: StateLog | undefined
  /** Connections so far, and how they ended, by close code. */
  connections = 0
  readonly closeCodes = new Map<number, number>()
  readonly #options: DeviceOptions
  readonly #violations: Array<string> = []
  readonly #waiting = new Map<string, Waiting>()
  readonly #loads = new Set<Promise<void>>()
  /** The cursors of the sync under way: a chat may turn out to be gone, known or not. */
  #asked: ReadonlyMap<number, number> = new Map()
  #socket: WebSocket | undefined
  #isLive = false
  #isOut = false
  #stopped = false
  #refs = 0
  #life: Promise<void> = Promise.resolve()

  constructor(person: Person, name: string, options: DeviceOptions) {
    this.person = person
    this.name = name
    this.#options = options
  }

  /** Connected and in sync. */
  get isLive(): boolean {
    return this.#isLive
  }

  /** It knows that it is no member of its one chat. */
  get isOut(): boolean {
    return this.#isOut
  }

  /** All that it has requested is loaded. */
  get hasLoaded(): boolean {
    return this.#loads.size === 0
  }

  /** The version of its user's own state that it has; undefined: it is not sent that. */
  get stateVersion(): number | undefined {
    return this.#state?.version
  }

  /** Lives until `stop`: connects, syncs, listens, and again. Resolves when it is in sync for the first time, or out. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#life = (async () => {
        while (!this.#stopped) {
          await this.#connection(resolve).catch(() => {})
          // Hundreds of clients of one process would otherwise hammer a server that is away.
          if (!this.#stopped) await new Promise((again) => setTimeout(again, 50 + Math.random() * 150))
        }
      })()
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#socket?.terminate()
    await this.#life
  }

  /** The wire is cut. */
  cut(): void {
    this.#socket?.terminate()
  }

  /** Reads nothing for a while; what the server does about it is its business. */
  stall(millis: number): void {
    const socket = this.#socket
    if (socket === undefined || socket.readyState !== WebSocket.OPEN) return
    socket.pause()
    setTimeout(() => socket.resume(), millis)
  }

  /** Asks again for what it may have missed. */
  resync(): void {
    const socket = this.#socket
    if (socket === undefined || !this.#isLive) return
    this.#isLive = false
    for (const log of this.chats.values()) log.again()
    this.#state?.again()
    this.#sync(socket)
  }

  /** Sends a frame with a `ref` of its own; fails with `Cut` when the socket dies before the answer. */
  ask(frame: object): Promise<Frame> {
    const socket = this.#socket
    if (socket === undefined || !this.#isLive) return Promise.reject(new Cut())
    const ref = `${this.connections}.${++this.#refs}`
    return new Promise<Frame>((resolve, reject) => {
      const timer = setTimeout(() => socket.terminate(), longestWait)
      const settle =
        <A>(how: (outcome: A) => void) =>
        (outcome: A) => {
          clearTimeout(timer)
          how(outcome)
        }
      this.#waiting.set(ref, { resolve: settle(resolve), reject: settle(reject) })
      socket.send(JSON.stringify({ ...frame, ref }))
    })
  }

  history(): DeviceHistory {
    const logs = [...this.chats.values()]
    const { only } = this.#options
    return {
      name: this.name,
      user_id: this.person.id,
      ...(only === undefined ? {} : { only }),
      chats: logs.map((log) => log.held()),
      ...(this.#state === undefined ? {} : { state: this.#state.held() }),
      violations: [...this.#violations, ...(this.#state?.violations ?? []), ...logs.flatMap((log) => log.violations)],
    }
  }

  #connection(onLive: () => void): Promise<void> {
    return new Promise((resolve) => {
      const token = encodeURIComponent(this.person.access_token)
      const { only } = this.#options
      const path = only === undefined ? "/ws" : `/ws/${only}`
      const url = `${this.person.base.replace(/^http/, "ws")}${path}?resume=true&token=${token}`
      const socket = new WebSocket(url, { handshakeTimeout: 5_000, perMessageDeflate: false })
      this.#socket = socket
      const leave = () => {
        this.#isOut = true
        for (const log of this.chats.values()) this.#drop(log)
        onLive()
      }
      socket.on("message", (data) => {
        const frame: Frame = JSON.parse(data.toString())
        if (frame.type === "synced" && frame.failed === undefined) onLive()
        this.#hear(frame, socket)
      })
      socket.on("unexpected-response", (_, response) => {
        if (response.statusCode === 404 && only !== undefined) leave()
        if (response.statusCode === 401)
          this.person.logIn().then(
            () => socket.terminate(),
            () => socket.terminate(),
          )
        else socket.terminate()
      })
      socket.on("error", () => {})
      socket.on("close", (code) => {
        if (this.#isLive) this.closeCodes.set(code, (this.closeCodes.get(code) ?? 0) + 1)
        this.#isLive = false
        if (code === noLongerMember) leave()
        for (const { reject } of this.#waiting.values()) reject(new Cut())
        this.#waiting.clear()
        resolve()
      })
    })
  }

  #sync(socket: WebSocket): void {
    if (socket.readyState !== WebSocket.OPEN) return
    const cursors = {
      ...Object.fromEntries([...this.chats].map(([id, log]) => [String(id), log.version])),
      ...(this.#state === undefined ? {} : { me: this.#state.version }),
    }
    this.#asked = new Map([...this.chats].map(([id, log]) => [id, log.version]))
    const check = Object.fromEntries([...this.chats].map(([id, log]) => [String(id), log.ask()]))
    socket.send(JSON.stringify({ type: "sync", ref: syncRef, cursors, check }))
  }

  #hear(frame: Frame, socket: WebSocket): void {
    if (frame.type === "hello") {
      this.connections++
      this.#isOut = false
      if (this.#options.only === undefined) this.#greetedAsUser(frame.me)
      this.#greeted(frame.chats)
      this.#sync(socket)
    } else if (frame.ref === syncRef && frame.type === "error") {
      // The database is unavailable: nothing may have been replayed, and nothing goes live before a sync that succeeds.
      if (frame.code !== "unavailable" && frame.code !== "rate_limited")
        this.#violations.push(`sync: ${JSON.stringify(frame)}`)
      setTimeout(() => this.#sync(socket), 100)
    } else if (frame.type === "synced" && frame.failed !== undefined) {
      // The live events of these chats come next, behind a hole, and may have arrived already: a new connection holds them back again.
      socket.removeAllListeners("message")
      socket.terminate()
    } else if (frame.type === "synced") {
      for (const [id, version] of Object.entries(frame.cursors as Record<string, number>))
        if (id === "me") this.#state?.synced(version)
        else this.chats.get(Number(id))?.synced(version)
      this.#isLive = true
      this.#asked = new Map()
    } else if (frame.ref !== undefined && frame.ref !== null) {
      this.#waiting.get(frame.ref)?.resolve(frame)
      this.#waiting.delete(frame.ref)
    } else if (frame.type === "state") {
      // A key that has changed since is left out.
      this.#state?.hear(frame, () => true)
    } else if (frame.type === "reset" && frame.chat_id === null) this.#beginState(frame.version)
    else if (!silent.has(frame.type)) {
      this.#event(frame)
    }
  }

  #greetedAsUser(me: number): void {
    if (this.#state === undefined) this.#beginState(me)
    else if (me < this.#state.version)
      this.#violations.push(`hello says that the state is at ${me}, but heard ${this.#state.version}`)
  }

  #beginState(version: number): void {
    this.#state ??= new StateLog(version)
    this.#state.begin(version)
    const state = this.#state
    this.#loading(
      this.#insist(() => this.#options.loadState(this.person.id)).then((found) => found && state.load(found)),
    )
  }

  #loading(load: Promise<unknown>): void {
    const done = load.then(
      () => {},
      () => {},
    )
    this.#loads.add(done)
    void done.then(() => this.#loads.delete(done))
  }

  /** Until the database answers. undefined: the device was stopped first. */
  async #insist<A>(read: () => Promise<A>): Promise<A | undefined> {
    while (!this.#stopped) {
      try {
        return await read()
      } catch {
        await new Promise((again) => setTimeout(again, 200))
      }
    }
    return undefined
  }

  #event(frame: Frame): void {
    const chat_id: number = frame.chat_id ?? frame.chat?.id
    const log = this.chats.get(chat_id)
    if (frame.type === "chat_created") {
      // In a replay it may arrive again: the guest was removed and added again.
      if (log !== undefined && this.#isLive && frame.version <= log.version)
        this.#violations.push(`chat ${chat_id}: chat_created ${frame.version} after ${log.version}`)
      this.#begin(chat_id, frame.version)
    } else if (log === undefined) {
      const isAnswer = frame.type === "chat_gone" && this.#asked.has(chat_id)
      if (!isAnswer) this.#violations.push(`unexpected ${JSON.stringify(frame).slice(0, 200)}`)
    } else if (frame.type === "check") log.check(frame)
    else if (frame.type === "reset") this.#begin(chat_id, frame.version)
    else if (frame.type === "chat_gone" || frame.type === "chat_deleted") this.#drop(log)
    else {
      log.hear(frame, this.#isLive, () => this.#options.server === "many")
      if (frame.type === "member_removed" && frame.user_id === this.person.id) this.#drop(log)
    }
  }

  /** After this, no event of that chat may arrive before the chat is sent as new. */
  #drop(log: ChatLog): void {
    this.#violations.push(...log.violations)
    this.chats.delete(log.chat_id)
  }

  #begin(chat_id: number, version: number): void {
    const known = this.chats.get(chat_id)
    const log = known ?? new ChatLog(chat_id, version)
    this.chats.set(chat_id, log)
    log.begin(version)
    // Dropped since the sync that named it was requested, and sent as new before that is served.
    if (known === undefined) log.again(this.#asked.get(chat_id))
    this.#loading(this.#load(log))
  }

  async #load(log: ChatLog): Promise<void> {
    const loaded = await this.#insist(async () =>
      this.chats.get(log.chat_id) === log ? this.#options.load(log.chat_id, this.person.id) : undefined,
    )
    if (loaded !== undefined) log.load(loaded)
  }

  #greeted(chats: ReadonlyArray<{ chat_id: number; version: number; last_seq: number }>): void {
    for (const { chat_id, version } of chats) {
      const log = this.chats.get(chat_id)
      if (this.#options.server === "many") log?.moved()
      if (log === undefined) {
        if (this.#options.who === "resident" && this.connections > 1)
          this.#violations.push(`chat ${chat_id} came too late`)
        this.#begin(chat_id, version)
      } else if (version < log.version)
        this.#violations.push(`chat ${chat_id}: hello says ${version}, but heard ${log.version}`)
    }
  }
}
