// A whole hub on in-memory tables, with real sockets on a free port, or with fake wires where the test controls the
// clock or the network. A token is enough to sign in; everything behind it is real.
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders } from "node:http"
import { NodeCrypto } from "@effect/platform-node"
import { Clock, Context, Effect, Layer } from "effect"
import { WebSocket } from "ws"
import type { Signal } from "../../src/broadcast/Broadcast.ts"
import { Presence } from "../../src/broadcast/Presence.ts"
import { Settings } from "../../src/config/Settings.ts"
import type { ChatEvents } from "../../src/domain/ChatEvent.ts"
import { Unauthorized } from "../../src/domain/errors.ts"
import { type ChatId, SessionId, UserId } from "../../src/domain/Ids.ts"
import { refusals } from "../../src/http/problems/refusals.ts"
import type { Connection } from "../../src/hub/Connection.ts"
import type { Device } from "../../src/hub/Device.ts"
import { FrameDelays } from "../../src/hub/delivery/Flusher.ts"
import type { Wire } from "../../src/hub/delivery/Wire.ts"
import { helloPing, TextReader } from "../../src/hub/frames/FrameBytes.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Accounts } from "../../src/services/Accounts.ts"
import { Audit } from "../../src/services/Audit.ts"
import { Auth } from "../../src/services/auth/Auth.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Directory } from "../../src/services/Directory.ts"
import { RateLimits } from "../../src/services/limits/RateLimits.ts"
import { Messages } from "../../src/services/Messages.ts"
import { OwnState } from "../../src/services/OwnState.ts"
import { Passwords } from "../../src/services/passwords/Passwords.ts"
import { Records } from "../../src/services/Records.ts"
import { ScheduledMessages } from "../../src/services/ScheduledMessages.ts"
import { UnreadChats } from "../../src/services/UnreadChats.ts"
import type { RpcConnection } from "../../src/sockets/rpc/RpcConnection.ts"
import { RpcEdge } from "../../src/sockets/rpc/RpcEdge.ts"
import { Upgrade } from "../../src/sockets/Upgrade.ts"
import { AuditLog } from "../../src/sql/audit/AuditLog.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import type { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { DatabaseClock } from "../../src/sql/database/DatabaseClock.ts"
import { SchemaHistory } from "../../src/sql/database/SchemaHistory.ts"
import { DirectoryStore } from "../../src/sql/directory/DirectoryStore.ts"
import { FileStore } from "../../src/sql/files/FileStore.ts"
import { InviteStore } from "../../src/sql/invites/InviteStore.ts"
import { JobAlarm } from "../../src/sql/jobs/JobAlarm.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { RecordStore } from "../../src/sql/records/RecordStore.ts"
import { ScheduledStore } from "../../src/sql/scheduled/ScheduledStore.ts"
import type { StateStore } from "../../src/sql/state/StateStore.ts"
import { layer as chatLayer, faultyStates } from "./chat.ts"
import { Device as Client, type Frame } from "./person.ts"

/** Sessions that have ended, as Auth would know. */
export class Ended extends Context.Service<Ended, Set<SessionId>>()("confab/test/Ended") {
  static readonly layer = Layer.sync(Ended, () => new Set<SessionId>())
}

export const sessionOf = (user_id: number, device = 1): SessionId =>
  SessionId.make(`00000000-0000-4000-8000-${String(user_id * 1000 + device).padStart(12, "0")}`)

/** `expires_at` in epoch milliseconds, a day from now in real time when absent. */
export const tokenOf = (user_id: number, options: { readonly device?: number; readonly expires_at?: number } = {}) =>
  `${user_id}.${sessionOf(user_id, options.device)}.${options.expires_at ?? Date.now() + 86_400_000}`

const never = () => Effect.die("not part of this test")

const auth = Layer.effect(
  Auth,
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const ended = yield* Ended
    return Auth.of({
      authenticate: (token) =>
        Effect.suspend(() => {
          const [user, session, expires] = token.split(".")
          const expires_at = Number(expires)
          if (session === undefined || !(expires_at > clock.currentTimeMillisUnsafe())) {
            return Effect.fail(new Unauthorized({}))
          }
          const session_id = SessionId.make(session)
          if (ended.has(session_id)) return Effect.fail(new Unauthorized({}))
          return Effect.succeed({ user_id: UserId.make(Number(user)), session_id, expires_at })
        }),
      hasEnded: (id) => ended.has(id),
      logIn: never,
      refresh: never,
      logOut: never,
      holder: never,
      confirm: never,
      changePassword: never,
      sessions: never,
      endSession: never,
    })
  }),
)

/** The dependencies of hubs. */
export const services = (
  settings: Partial<Settings["Service"]> = {},
  chat: ReturnType<typeof chatLayer> = chatLayer(),
) =>
  Layer.mergeAll(auth, Messages.layer, Records.layer, UnreadChats.layer, Accounts.layer).pipe(
    Layer.provideMerge(Chats.layer),
    Layer.provideMerge(OwnState.layer),
    Layer.provideMerge(Directory.layer),
    Layer.provideMerge(ScheduledMessages.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        Changes.layerMemory,
        MessageStore.layerMemory,
        RecordStore.layerMemory,
        faultyStates,
        FileStore.layerMemory,
        ScheduledStore.layerMemory,
        JobAlarm.layer,
        DatabaseClock.layerLocal,
        NodeCrypto.layerSecureRandom,
        Presence.layer,
        RateLimits.layer,
        Ended.layer,
        InviteStore.layerMemory,
        DirectoryStore.layerMemory,
        SchemaHistory.layerMemory,
        Passwords.layerTest,
        Audit.layer.pipe(Layer.provide(AuditLog.layerMemory)),
      ),
    ),
    Layer.provideMerge(chat),
    Layer.provideMerge(Settings.layerTest(settings)),
  )

/** Presence and typing are written in the turn in which they occur: the test's clock does not move. */
export const atOnce: FrameDelays = { presence: 0, typing: 0, records: 0 }

/** `around`: layers between the hub and the tables, for failures. */
export const layer = (
  settings: Partial<Settings["Service"]> = {},
  around: Layer.Layer<never, never, Changes | ChatStore | Messages | StateStore> = Layer.empty,
  chat: ReturnType<typeof chatLayer> = chatLayer(),
  delays: FrameDelays = atOnce,
) =>
  Upgrade.layer.pipe(
    Layer.provideMerge(RpcEdge.layer),
    Layer.provideMerge(Hub.layer),
    Layer.provide(Layer.succeed(FrameDelays, delays)),
    Layer.provideMerge(around),
    Layer.provideMerge(services(settings, chat)),
  )

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Runs the event loop until the fact holds. The test's clock does not move. */
export const until = Effect.fnUntraced(function* (fact: () => boolean, what = "it") {
  for (let turns = 0; !fact(); turns++) {
    if (turns > 2_000) return yield* Effect.die(new Error(`Waited in vain for ${what}`))
    yield* turn
  }
})

/** Everything that was on its way has arrived. */
export const settled = Effect.repeat(turn, { times: 20 })

/** The payloads of pings that follow messages, in consecutive frames; a fragment of a long one has none. */
export const arrivalPongs = (bytes: Buffer): ReadonlyArray<Buffer> => {
  const pongs: Array<Buffer> = []
  for (let at = 0; at + 1 < bytes.length; ) {
    const short = bytes[at + 1]! & 0x7f
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    const from = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
    if (bytes[at] === 0x89 && length === 4) pongs.push(bytes.subarray(from, from + length))
    at = from + length
  }
  return pongs
}

/** A network that takes everything, or after `stall` nothing, and remembers what it was given. */
export class FakeWire<C extends Connection = Device> implements Wire {
  readonly frames: Array<Frame> = []
  pings = 0
  writes = 0
  pending = 0
  stalled = false
  /** The answers to pings that follow messages, while it does not answer. */
  readonly arrivals: Array<Buffer> = []
  /** Whether it answers pings at once, as clients do. */
  pongs = true
  paused = false
  terminated = false
  closed: { readonly code: number; readonly reason: string } | undefined
  device: C | undefined
  private readonly reader = new TextReader()
  private hasMoved = false

  moved(): boolean {
    const moved = this.hasMoved
    this.hasMoved = false
    return moved
  }

  /** The network takes one more byte. */
  trickle(): void {
    if (this.pending > 1) this.pending--
    this.hasMoved = true
  }

  write(bytes: Buffer): boolean {
    this.writes++
    if (bytes.length === 2 && bytes[0] === 0x89) this.pings++
    if (bytes === helloPing && this.pongs) this.device?.ponged(Buffer.of(1))
    this.arrivals.push(...arrivalPongs(bytes))
    if (this.pongs) for (const pong of this.arrivals.splice(0)) this.device?.ponged(pong)
    for (const text of this.reader.take(bytes)) this.frames.push(JSON.parse(text))
    if (!this.stalled) return true
    this.pending += bytes.length
    return false
  }

  writeAll(bytes: ReadonlyArray<Buffer>): boolean {
    return this.write(Buffer.concat(bytes))
  }

  /** The network moves again. */
  drain(): void {
    this.stalled = false
    this.pending = 0
    this.device?.drained()
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason }
    this.device?.gone(code)
  }

  terminate(): void {
    this.terminated = true
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  /** The client sends this frame. */
  say(frame: object | string): void {
    this.device?.receive(Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)), false)
  }

  ofType(...types: ReadonlyArray<string>): ReadonlyArray<Frame> {
    return this.frames.filter(({ type }) => types.includes(type))
  }

  /** Waits for the answer to a frame, which gets a `ref`. */
  ask(frame: object): Effect.Effect<Frame> {
    const ref = `ref ${this.frames.length} ${Math.random()}`
    const answer = () => this.frames.find((heard) => heard.ref === ref)
    return Effect.gen({ self: this }, function* () {
      this.say({ ...frame, ref })
      yield* until(() => answer() !== undefined || this.closed !== undefined, `an answer to ${JSON.stringify(frame)}`)
      return answer() ?? { type: "closed" }
    })
  }
}

export interface ConnectOptions {
  readonly only?: ChatId
  readonly resume?: boolean
  readonly device?: number
  readonly expires_at?: number
}

/** Opens a device on a fake wire, without waiting for its hello. */
export const open = Effect.fnUntraced(function* (user_id: UserId, options: ConnectOptions = {}) {
  const hub = yield* Hub
  const user = yield* hub.prepare(user_id)
  const wire = new FakeWire()
  const identity = {
    user_id,
    session_id: sessionOf(user_id, options.device),
    expires_at: options.expires_at ?? Number.MAX_SAFE_INTEGER,
  }
  wire.device = hub.open(user, identity, wire, { only: options.only ?? 0, resume: options.resume ?? false })
  return { wire, greet: hub.greet(wire.device) }
})

/** Opens a device on a fake wire; it has had its hello. */
export const connect = Effect.fnUntraced(function* (user_id: UserId, options: ConnectOptions = {}) {
  const { greet, wire } = yield* open(user_id, options)
  yield* greet
  return wire
})

/** Opens a connection to `/rpc` on a fake wire. */
export const openRpc = Effect.fnUntraced(function* (user_id: UserId, options: ConnectOptions = {}) {
  const rpc = yield* RpcEdge
  const wire = new FakeWire<RpcConnection>()
  const session_id = sessionOf(user_id, options.device)
  wire.device = rpc.open({ user_id, session_id, expires_at: options.expires_at ?? Number.MAX_SAFE_INTEGER }, wire)
  return wire
})

/** What was answered to a remote call, undefined while it is not. */
export const exitOf = (wire: FakeWire<RpcConnection>, id: string) =>
  wire.frames.find((frame) => frame._tag === "Exit" && frame.requestId === id)?.exit

let calls = 0

/** A remote call, whose answer is not waited for; gives its id. */
export const callRpc = (wire: FakeWire<RpcConnection>, tag: string, payload: object | null = null): string => {
  const id = `call-${++calls}`
  wire.say({ _tag: "Request", id, tag, payload, headers: [] })
  return id
}

/** A remote call and its answer. */
export const askRpc = Effect.fnUntraced(function* (
  wire: FakeWire<RpcConnection>,
  tag: string,
  payload: object | null = null,
) {
  const id = callRpc(wire, tag, payload)
  yield* until(() => exitOf(wire, id) !== undefined, `an answer to ${tag}`)
  return exitOf(wire, id)
})

/** Stands between what happened and the hub: what a test does not hand on has not arrived. */
export const intercept = Effect.fnUntraced(function* () {
  const { state } = yield* Hub
  const caught: Array<Signal> = []
  const handle = state.handle.bind(state)
  state.handle = (signals) => void caught.push(...signals)
  const events = (): Array<ChatEvents> => caught.filter((signal) => signal._tag === "ChatEvents")
  return {
    events,
    pass: (...signals: ReadonlyArray<Signal>) => handle(signals),
    restore: () => (state.handle = handle),
  }
})

/** A real HTTP server with nothing but the sockets, on a free port; gives its address. */
export const serve = Effect.gen(function* () {
  const upgrade = yield* Upgrade
  const opening = yield* refusals
  const server = createServer()
  server.on("upgrade", (request, socket, head) => upgrade.handle(request, socket, head, opening(request, socket)))
  yield* Effect.acquireRelease(
    Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
    () => Effect.sync(() => void server.close()),
  )
  const address = server.address()
  return `ws://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`
})

/** A real socket; ends with the test. */
export const dial = (url: string, headers: { readonly [name: string]: string } = {}) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new WebSocket(url, { headers: { ...headers } })),
      (socket) => Effect.sync(() => socket.terminate()),
    ),
    (socket) => ({ socket, client: new Client(socket) }),
  )

/** The answer with which an upgrade is refused. */
export const refusal = (url: string, headers: { readonly [name: string]: string } = {}) =>
  Effect.callback<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Frame }>(
    (resume) => {
      const socket = new WebSocket(url, { headers: { ...headers } })
      socket.on("error", () => {})
      socket.on("open", () => resume(Effect.die(new Error("The socket was opened"))))
      socket.on("unexpected-response", (_, response) => {
        let body = ""
        response.on("data", (chunk) => {
          body += chunk
        })
        response.on("end", () =>
          resume(
            Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(body) }),
          ),
        )
      })
      return Effect.sync(() => socket.terminate())
    },
  )
