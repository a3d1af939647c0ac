// The body of an upload, as it arrives: read no faster than it is written to disk, and given up when nothing comes.
import type { IncomingMessage } from "node:http"
import { Clock, Effect } from "effect"
import { SenderGone } from "../../blobs/Blobs.ts"
import { LengthRequired, type UnsupportedMediaType } from "../../domain/errors.ts"
import { unlessEncoded } from "../contentEncoding.ts"
import type { EdgeServer } from "../server/EdgeServer.ts"

/** A sender that is waited for and sends nothing for this long is gone, milliseconds. */
const silentMillis = 20_000
const lookEvery = "2 seconds"

/** Bytes, as the client says; Node lets no other number of bytes through. */
export const lengthOf = ({
  headers,
}: IncomingMessage): Effect.Effect<number, LengthRequired | UnsupportedMediaType> => {
  const length = Number(headers["content-length"] ?? Number.NaN)
  return unlessEncoded(
    headers["content-encoding"],
    Number.isSafeInteger(length) ? Effect.succeed(length) : Effect.fail(new LengthRequired()),
  )
}

/** Calls `use` with the body; reading it takes as long as the sender makes progress. */
export const withBody = Effect.fnUntraced(function* <A, E, R>(
  edge: EdgeServer,
  request: IncomingMessage,
  use: (chunks: () => AsyncIterable<Uint8Array>) => Effect.Effect<A, E, R>,
) {
  const clock = yield* Clock.Clock
  /** Since when the sender is waited for. */
  let waiting: number | undefined
  async function* chunks(): AsyncGenerator<Uint8Array> {
    edge.takeTime(request)
    // The connection stays open when the reader stops, since the answer says why.
    const arriving: AsyncIterator<Uint8Array> = request.iterator({ destroyOnReturn: false })
    for (;;) {
      waiting = clock.currentTimeMillisUnsafe()
      const next = await arriving.next().catch(() => {
        throw new SenderGone()
      })
      waiting = undefined
      if (next.done === true) break
      yield next.value
    }
    if (!request.complete) throw new SenderGone()
  }
  const silence = Effect.gen(function* () {
    for (;;) {
      yield* Effect.sleep(lookEvery)
      if (waiting !== undefined && clock.currentTimeMillisUnsafe() - waiting >= silentMillis) break
    }
    yield* Effect.logDebug("An upload stood still")
    // The end of the connection interrupts this request.
    edge.giveUp(request)
    return yield* Effect.never
  })
  return yield* Effect.raceFirst(use(chunks), silence)
})
