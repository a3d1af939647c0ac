// Schedules password hashes: a few at once, the addresses in turn, and first come, first served within an address.
// Hundreds of log-ins from one address delay only that address. When the queue is full, the newest entry of the longest
// address is refused, so that an address without an entry always gets one.
import { Deferred, Effect, Metric, PartitionedSemaphore } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { makeSlowRefusals } from "./slowRefusals.ts"

const queued = Metric.gauge("confab_password_hashes_waiting", {
  description: "Password hashes under way and in the queue",
})
const refused = Metric.counter("confab_password_hashes_refused_total", {
  description: "Password hashes that found the queue full",
  incremental: true,
})

/** Done when the entry is refused, with the error for its caller. */
type Place = Deferred.Deferred<Effect.Effect<never, Unavailable>>

export interface HashingQueue {
  /** Runs the work in its turn; it holds its permit until it is done. */
  inTurn<A, E>(address: string, work: Effect.Effect<A, E>): Effect.Effect<A, E | Unavailable>
}

export const makeHashingQueue = Effect.fnUntraced(function* (limits: {
  readonly atOnce: number
  readonly maxWaiting: number
}): Effect.fn.Return<HashingQueue> {
  const permits = yield* PartitionedSemaphore.make<string>({ permits: limits.atOnce })
  /** The waiting entries by address, in order of arrival. */
  const waiting = new Map<string, Set<Place>>()
  const refuse = yield* makeSlowRefusals
  let waitingNow = 0
  let hashing = 0
  let inside = 0

  const join = (address: string, place: Place) => {
    const places = waiting.get(address) ?? new Set()
    waiting.set(address, places.add(place))
    waitingNow++
  }
  const leave = (address: string, place: Place) => {
    const places = waiting.get(address)
    if (!places?.delete(place)) return
    waitingNow--
    if (places.size === 0) waiting.delete(address)
  }

  /** Among addresses with equally many entries, the newcomer's is chosen. */
  const makeRoom = (newcomer: string) => {
    let [address, longest] = [newcomer, waiting.get(newcomer) ?? new Set<Place>()]
    for (const [other, places] of waiting) if (places.size > longest.size) [address, longest] = [other, places]
    const last = [...longest].at(-1)
    if (last === undefined) return Effect.void
    leave(address, last)
    const refusal = refuse(new Unavailable({ retry_after_ms: 5000 }))
    return Effect.andThen(Metric.update(refused, 1), Deferred.succeed(last, refusal))
  }

  /** The result for the caller: that of the work, or the refusal. */
  const enter = <A, E>(address: string, work: Effect.Effect<A, E>) =>
    Effect.suspend(() => {
      const place: Place = Deferred.makeUnsafe()
      join(address, place)
      const turn = Effect.suspend(() => {
        leave(address, place)
        hashing++
        return Effect.ensuring(
          Effect.map(work, Effect.succeed),
          Effect.sync(() => hashing--),
        )
      })
      const isFull = hashing + waitingNow > limits.atOnce + limits.maxWaiting
      return (isFull ? makeRoom(address) : Effect.void).pipe(
        Effect.andThen(Effect.raceFirst(permits.withPermit(address)(turn), Deferred.await(place))),
        Effect.ensuring(Effect.sync(() => leave(address, place))),
      )
    })

  return {
    inTurn: (address, work) =>
      Effect.suspend(() => Metric.update(queued, ++inside)).pipe(
        Effect.andThen(enter(address, work)),
        Effect.ensuring(Effect.suspend(() => Metric.update(queued, --inside))),
        Effect.flatten,
      ),
  } satisfies HashingQueue
})
