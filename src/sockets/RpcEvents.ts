// The event stream of the remote procedures: a device of the hub like any other, whose wire is a stream instead of a socket.
import { type Cause, Context, Effect, Layer, Queue, Schema, Stream } from "effect"
import { Settings } from "../config/Settings.ts"
import { CloseCode } from "../contract/CloseCode.ts"
import { CurrentUser } from "../contract/CurrentUser.ts"
import { ServerFrame } from "../contract/ServerFrame.ts"
import { TooManyRequests, Unauthorized, Unavailable } from "../domain/errors.ts"
import type { Device } from "./Device.ts"
import { pingFrame, textsOf } from "./FrameBytes.ts"
import { Hub } from "./Hub.ts"
import type { Wire } from "./Wire.ts"

type Ended = Unauthorized | Unavailable | TooManyRequests

/** What the network is to a socket, the reader of the stream is here: bytes are pending until it takes them. */
class StreamWire implements Wire {
  device: Device | undefined
  pending = 0
  private hasMoved = false
  private readonly frames: Queue.Queue<Buffer, Ended | Cause.Done>

  constructor(frames: Queue.Queue<Buffer, Ended | Cause.Done>) {
    this.frames = frames
  }

  write(bytes: Buffer): boolean {
    // The remote procedure's own transport shows that the peer is alive.
    if (bytes === pingFrame) this.device?.heardFrom()
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

  /** The reader has everything that was written. */
  taken(): void {
    this.pending = 0
    this.hasMoved = true
    this.device?.outbox.drained()
  }

  close(code: number): void {
    const signedOut = code === CloseCode.SessionEnded || code === CloseCode.TokenExpired
    const error = signedOut ? new Unauthorized({}) : new Unavailable({})
    Effect.runSync(Queue.fail(this.frames, error))
  }

  terminate(): void {
    Effect.runSync(Queue.end(this.frames))
  }

  pause(): void {}

  resume(): void {}
}

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(ServerFrame))

export class RpcEvents extends Context.Service<
  RpcEvents,
  {
    /** `hello`, with `cursors` what was missed, then what happens; ends as the contract's `Events` says. */
    open(cursors: { readonly [chat_id: string]: number } | undefined): Stream.Stream<ServerFrame, Ended, CurrentUser>
  }
>()("confab/sockets/RpcEvents") {
  static readonly layer = Layer.effect(
    RpcEvents,
    Effect.gen(function* () {
      const hub = yield* Hub
      const { socketsPerUser } = yield* Settings

      const connect = Effect.fnUntraced(function* (cursors: { readonly [chat_id: string]: number } | undefined) {
        const identity = yield* CurrentUser
        const user = yield* hub.prepare(identity.user_id)
        const admitted = yield* Effect.onError(hub.admit(user), () => Effect.sync(() => hub.release(user)))
        if (!admitted || (socketsPerUser > 0 && user.devices.length >= socketsPerUser)) {
          hub.release(user)
          return yield* new TooManyRequests({ retry_after_ms: 1_000 })
        }
        const frames = yield* Queue.unbounded<Buffer, Ended | Cause.Done>()
        const wire = new StreamWire(frames)
        const device = hub.open(user, identity, wire, { only: 0, resume: cursors !== undefined })
        wire.device = device
        yield* Effect.addFinalizer(() => Effect.sync(() => device.gone(1000)))
        yield* hub.greet(device)
        if (cursors !== undefined) device.receive(Buffer.from(JSON.stringify({ type: "sync", cursors })), false)
        return Stream.fromQueue(frames).pipe(
          Stream.chunks,
          Stream.mapEffect((buffers) => {
            wire.taken()
            return Effect.forEach(buffers.flatMap(textsOf), (text) => Effect.orDie(decode(text)))
          }),
          Stream.flattenIterable,
        )
      })

      return RpcEvents.of({ open: (cursors) => Stream.unwrap(connect(cursors)) })
    }),
  )
}
