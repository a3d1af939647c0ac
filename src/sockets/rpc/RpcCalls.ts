// Limits the calls under way on one RPC connection. A call counts from its reading until its handler has ended and its
// answer is written: a discarded call is answered at its beginning, and counts nevertheless. A call that may have a
// long answer also needs a slot of the connection and one of its user, and keeps them until the network has accepted
// the answer: this limits the memory that an account can use.
import { Effect, Semaphore } from "effect"
import { rpcOperations } from "../../contract/operations/operations.ts"

/** Calls of one connection. */
const callsAtOnce = 64
/** Of these, calls that may have a long answer. */
const longAtOnce = 4
/** The same over all connections of a user. */
export const longOfUser = 8

/** Calls whose answers have a few kilobytes at most; other answers may have megabytes. */
const short: ReadonlySet<string> = new Set([
  "Authenticate",
  ...Object.values(rpcOperations).flatMap(({ isShort, procedure }) =>
    isShort && procedure !== null ? [procedure._tag] : [],
  ),
])

interface Call {
  state: "read" | "running" | "done"
  answered: boolean
  readonly holds: Array<Semaphore.Semaphore>
}

export class RpcCalls {
  private readonly places = Semaphore.makeUnsafe(callsAtOnce)
  private readonly long = Semaphore.makeUnsafe(longAtOnce)
  private readonly ofUser: Semaphore.Semaphore
  private readonly underWay = new Map<string, Call>()

  /** `ofUser`: the slots for long answers that the user's connections share. */
  constructor(ofUser: Semaphore.Semaphore) {
    this.ofUser = ofUser
  }

  get size(): number {
    return this.underWay.size
  }

  has(id: unknown): boolean {
    return this.underWay.has(String(id))
  }

  /** Waits for a slot. */
  read(id: unknown): Effect.Effect<void> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.map(restore(this.places.take(1)), () => {
        this.underWay.set(String(id), { state: "read", answered: false, holds: [this.places] })
      }),
    )
  }

  /** The call was not handled. */
  drop(id: unknown): void {
    const known = this.underWay.get(String(id))
    if (known !== undefined) this.end(id, known)
  }

  /** Wraps the call for its handler. */
  run<A, E, R>(id: unknown, tag: string, call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const known = this.underWay.get(String(id))
      if (known === undefined) return call
      known.state = "running"
      return Effect.ensuring(
        !short.has(tag) ? Effect.andThen(this.hold(known), call) : call,
        Effect.sync(() => {
          known.state = "done"
          if (known.answered) this.end(id, known)
        }),
      )
    })
  }

  /**
   * Its answer is written; `taken` is done once the network has accepted it. Returns whether a handler had the call.
   */
  answered(id: unknown, taken: Effect.Effect<void>): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      const known = this.underWay.get(String(id))
      if (known === undefined) return Effect.succeed(true)
      known.answered = true
      if (known.state === "running") return Effect.succeed(true)
      const end = Effect.sync(() => {
        this.end(id, known)
        return known.state === "done"
      })
      return known.holds.length > 1 ? Effect.ensuring(taken, end).pipe(Effect.andThen(Effect.succeed(true))) : end
    })
  }

  /** The connection and all its handlers have ended: returns the user's slots. */
  close(): void {
    for (const [id, call] of [...this.underWay]) this.end(id, call)
  }

  private hold(call: Call): Effect.Effect<void> {
    const take = (semaphore: Semaphore.Semaphore) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.map(restore(semaphore.take(1)), () => void call.holds.push(semaphore)),
      )
    return Effect.andThen(take(this.long), take(this.ofUser))
  }

  private end(id: unknown, { holds }: Call): void {
    this.underWay.delete(String(id))
    for (const semaphore of holds.splice(0)) Effect.runSync(semaphore.release(1))
  }
}
