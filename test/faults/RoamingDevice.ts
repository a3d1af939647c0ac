// A device of somebody that loses its connection and comes back with `sync`, again and again, until it is told to stop.
import { WebSocket } from "ws"
import type { Frame, Person } from "../support/person.ts"
import { ChatLog } from "./ChatLog.ts"
import type { DeviceHistory } from "./History.ts"

/** No answer: the socket went away first. The request may have been carried out all the same. */
export class Cut extends Error {}

interface Waiting {
  readonly resolve: (answer: Frame) => void
  readonly reject: (cause: Error) => void
}

/** Then a server that does not answer is given up: the device connects anew, milliseconds. */
const patience = 8_000
const syncRef = "sync"
const silent = new Set(["typing", "presence", "pong"])

export class RoamingDevice {
  readonly person: Person
  readonly name: string
  readonly chats = new Map<number, ChatLog>()
  /** Connections so far, and how they ended, by close code. */
  connections = 0
  readonly closeCodes = new Map<number, number>()
  readonly #violations: Array<string> = []
  readonly #waiting = new Map<string, Waiting>()
  #socket: WebSocket | undefined
  #isLive = false
  #stopped = false
  #refs = 0
  #life: Promise<void> = Promise.resolve()

  readonly #chatNames: ReadonlyMap<number, string | null> | undefined
  readonly #server: "alone" | "many"

  /** `chatNames`: of the chats that there are when it starts, all still empty. None: a guest, who comes and goes. */
  constructor(
    person: Person,
    name: string,
    chatNames: ReadonlyMap<number, string | null> | undefined,
    server: "alone" | "many",
  ) {
    this.person = person
    this.name = name
    this.#chatNames = chatNames
    this.#server = server
  }

  /** Connected and in sync. */
  get isLive(): boolean {
    return this.#isLive
  }

  /** Lives until `stop`: connects, syncs, listens, and again. Resolves when it is in sync for the first time. */
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

  /** Sends a frame with a `ref` of its own; fails with `Cut` when the socket dies before the answer. */
  ask(frame: object): Promise<Frame> {
    const socket = this.#socket
    if (socket === undefined || !this.#isLive) return Promise.reject(new Cut())
    const ref = `${this.connections}.${++this.#refs}`
    return new Promise<Frame>((resolve, reject) => {
      const timer = setTimeout(() => socket.terminate(), patience)
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
    return {
      name: this.name,
      user_id: this.person.id,
      chats: logs.map((log) => log.held()),
      isGuest: this.#chatNames === undefined,
      violations: [...this.#violations, ...logs.flatMap((log) => log.violations)],
    }
  }

  #connection(onLive: () => void): Promise<void> {
    return new Promise((resolve) => {
      const token = encodeURIComponent(this.person.access_token)
      const url = `${this.person.base.replace(/^http/, "ws")}/ws?resume=true&token=${token}`
      const socket = new WebSocket(url, { handshakeTimeout: 5_000, perMessageDeflate: false })
      this.#socket = socket
      socket.on("message", (data) => {
        const frame: Frame = JSON.parse(data.toString())
        if (frame.type === "synced" && frame.failed === undefined) onLive()
        this.#hear(frame, socket)
      })
      socket.on("unexpected-response", (_, response) => {
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
        for (const { reject } of this.#waiting.values()) reject(new Cut())
        this.#waiting.clear()
        resolve()
      })
    })
  }

  #sync(socket: WebSocket): void {
    if (socket.readyState !== WebSocket.OPEN) return
    const cursors = Object.fromEntries([...this.chats].map(([id, log]) => [String(id), log.version]))
    socket.send(JSON.stringify({ type: "sync", ref: syncRef, cursors }))
  }

  #hear(frame: Frame, socket: WebSocket): void {
    if (frame.type === "hello") {
      this.connections++
      this.#greeted(frame.chats)
      this.#sync(socket)
    } else if (frame.ref === syncRef && frame.type === "error") {
      // The database is away: nothing may have been replayed, and nothing goes live before a sync that succeeds.
      if (frame.code !== "unavailable") this.#violations.push(`sync: ${JSON.stringify(frame)}`)
      setTimeout(() => this.#sync(socket), 100)
    } else if (frame.type === "synced" && frame.failed !== undefined) {
      // The live events of these chats come next, behind a hole: a new connection holds them back again.
      socket.terminate()
    } else if (frame.type === "synced") {
      for (const [id, version] of Object.entries(frame.cursors as Record<string, number>))
        this.chats.get(Number(id))?.synced(version)
      this.#isLive = true
    } else if (frame.ref !== undefined && frame.ref !== null) {
      this.#waiting.get(frame.ref)?.resolve(frame)
      this.#waiting.delete(frame.ref)
    } else if (!silent.has(frame.type)) {
      this.#event(frame)
    }
  }

  #event(frame: Frame): void {
    const chat_id: number = frame.chat_id ?? frame.chat?.id
    const log = this.chats.get(chat_id)
    const isGuest = this.#chatNames === undefined
    if (isGuest && frame.type === "chat_created") {
      // In a replay it may, and where it was lost between nodes: the guest was let out and in again meanwhile.
      if (log !== undefined && this.#isLive && this.#server === "alone")
        this.#violations.push(`chat ${chat_id}: chat_created again`)
      this.chats.set(chat_id, new ChatLog(chat_id, frame.version, frame.chat.name, false))
    } else if (log === undefined) this.#violations.push(`unexpected ${JSON.stringify(frame).slice(0, 200)}`)
    else if (isGuest && (frame.type === "chat_gone" || frame.user_id === this.person.id) && this.#leaves(frame, log))
      return
    else this.#note(log, frame)
  }

  #note(log: ChatLog, frame: Frame): void {
    log.hear(frame, this.#isLive, this.#isLive && this.#server === "alone")
  }

  /** After this, nothing of that chat may come before it is told as new. */
  #leaves(frame: Frame, log: ChatLog): boolean {
    if (frame.type !== "chat_gone" && frame.type !== "member_removed") return false
    if (frame.type === "member_removed") this.#note(log, frame)
    this.#violations.push(...log.violations)
    this.chats.delete(log.chat_id)
    return true
  }

  #greeted(chats: ReadonlyArray<{ chat_id: number; version: number; last_seq: number }>): void {
    for (const chat of chats) {
      const log = this.chats.get(chat.chat_id)
      const isWhole = this.#chatNames !== undefined
      if (log === undefined) {
        if (isWhole && (this.connections > 1 || chat.last_seq > 0))
          this.#violations.push(`chat ${chat.chat_id} came too late`)
        const name = this.#chatNames?.get(chat.chat_id) ?? null
        this.chats.set(chat.chat_id, new ChatLog(chat.chat_id, chat.version, name, isWhole))
      } else if (chat.version < log.version)
        this.#violations.push(`chat ${chat.chat_id}: hello says ${chat.version}, but heard ${log.version}`)
    }
  }
}
