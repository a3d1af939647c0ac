// The event stream of the remote procedures: a device of the hub like any other, whose wire is a stream instead of a
// socket. It shares the token, the heartbeat and the end of its connection.
import { type Cause, Context, Effect, Layer, Queue, Schema, Stream } from "effect"
import type { CloseCode } from "../../contract/CloseCode.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import type { SyncFrame } from "../../contract/frames/catchingUp.ts"
import { ServerFrame } from "../../contract/ServerFrame.ts"
import { TooManyRequests, type Unavailable } from "../../domain/errors.ts"
import type { Device } from "../../hub/Device.ts"
import type { Wire } from "../../hub/delivery/Wire.ts"
import { helloPing, pingFrame, TextReader } from "../../hub/frames/FrameBytes.ts"
import { Hub } from "../../hub/Hub.ts"
import { Caller } from "./Caller.ts"
import type { RpcConnection } from "./RpcConnection.ts"

type Ended = Unavailable | TooManyRequests

/** The reader of the stream has the role of a socket's network: bytes are pending until it reads them. */
class StreamWire implements Wire {
  device: Device | undefined
  pending = 0
  private hasMoved = false
  /** Of the device's pings, the last one before what the reader was given and has not confirmed. */
  private given = 0
  private readonly connection: RpcConnection
  private readonly frames: Queue.Queue<Buffer, Cause.Done>

  constructor(connection: RpcConnection, frames: Queue.Queue<Buffer, Cause.Done>) {
    this.connection = connection
    this.frames = frames
  }

  write(bytes: Buffer): boolean {
    // The connection has pings of its own.
    if (bytes === pingFrame || bytes === helloPing) this.device?.noteAlive()
    else if (Queue.offerUnsafe(this.frames, bytes)) this.pending += bytes.length
    return this.pending === 0
  }

  writeAll(bytes: ReadonlyArray<Buffer>): boolean {
    for (const frame of bytes) this.write(frame)
    return this.pending === 0
  }

  moved(): boolean {
    const moved = this.hasMoved
    this.hasMoved = false
    return moved
  }

  /** The reader is given everything that was written. */
  wereTaken(): void {
    this.pending = 0
    this.hasMoved = true
    this.given = this.device?.arrivals?.count ?? 0
    this.device?.drained()
  }

  /** The reader asks for more: the client has confirmed what came before. */
  wereConfirmed(): void {
    if (this.given > 0 && this.device !== undefined) this.device.hub.delivered.confirmed(this.device, this.given)
    this.given = 0
  }

  /** A device that cannot continue closes its connection: the client reconnects by the same rules as on `/ws`. */
  close(code: CloseCode, reason: string): void {
    this.connection.close(code, reason)
    this.terminate()
  }

  terminate(): void {
    Effect.runSync(Queue.end(this.frames))
  }

  pause(): void {}

  resume(): void {}
}

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(ServerFrame))

/** What the stream begins with: see `sync`. */
type Catching = Partial<Pick<SyncFrame, "cursors" | "check">>

export class RpcEvents extends Context.Service<
  RpcEvents,
  {
    /** `hello`, with `cursors` the missed events, then live events, until the connection ends. */
    open(catching: Catching): Stream.Stream<ServerFrame, Ended, Caller | CurrentUser>
  }
>()("confab/sockets/rpc/RpcEvents") {
  static readonly layer = Layer.effect(
    RpcEvents,
    Effect.gen(function* () {
      const hub = yield* Hub

      /**
       * The first stream of a connection uses the connection's slot among the user's sockets; each further one needs
       * its own.
       */
      const connect = Effect.fnUntraced(function* ({ check, cursors }: Catching) {
        const resume = cursors !== undefined || check !== undefined
        const identity = yield* CurrentUser
        const connection = yield* Caller
        const { places } = hub.state.ports
        const hasPlace = connection.streams > 0
        let device: Device | undefined
        yield* Effect.acquireRelease(
          Effect.sync(() => connection.streams++),
          () => Effect.sync(() => connection.streams--),
        )
        const admitted = yield* Effect.acquireRelease(
          hasPlace ? places.take(identity.user_id) : Effect.succeed(true),
          (admitted) =>
            Effect.sync(() => {
              if (hasPlace && admitted && device === undefined) places.leave(identity.user_id)
            }),
        )
        if (!admitted) return yield* new TooManyRequests({ retry_after_ms: 1_000 })
        const user = yield* hub.prepare(identity.user_id)
        const frames = yield* Queue.unbounded<Buffer, Cause.Done>()
        const wire = new StreamWire(connection, frames)
        // The connection handles the token.
        const lasting = { ...identity, expires_at: Number.POSITIVE_INFINITY }
        const opened = hub.open(user, lasting, wire, { only: 0, resume, hasPlace })
        device = opened
        wire.device = opened
        yield* Effect.addFinalizer(() => Effect.sync(() => opened.gone(1000)))
        // A long hello waits for the reader of the stream.
        yield* Effect.forkScoped(
          Effect.andThen(
            hub.greet(opened),
            Effect.sync(() => {
              const sync = { type: "sync", cursors: cursors ?? {}, check }
              if (resume) opened.receive(Buffer.from(JSON.stringify(sync)), false)
            }),
          ),
        )
        const reader = new TextReader()
        const events = Stream.fromQueue(frames).pipe(
          Stream.chunks,
          Stream.mapEffect((buffers) => {
            wire.wereTaken()
            return Effect.forEach(
              buffers.flatMap((bytes) => reader.take(bytes)),
              (text) => Effect.orDie(decode(text)),
            )
          }),
          Stream.flattenIterable,
        )
        return Stream.transformPull(events, (pull) =>
          Effect.succeed(
            Effect.suspend(() => {
              wire.wereConfirmed()
              return pull
            }),
          ),
        )
      })

      return RpcEvents.of({ open: (catching) => Stream.unwrap(connect(catching)) })
    }),
  )
}
