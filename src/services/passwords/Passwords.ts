// Owns passwords as argon2id hashes, and the processor time that they cost: all hashing uses one queue, shared fairly
// between addresses. Does not own the accounts (Users).
import argon2 from "argon2"
import { Clock, Context, Effect, Layer, Metric } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import { Origin } from "../Audit.ts"
import { networkOf } from "../limits/networkOf.ts"
import { makeHashingQueue } from "./HashingQueue.ts"

interface Cost {
  /** KiB. */
  readonly memoryCost: number
  readonly timeCost: number
  readonly parallelism: number
}

/** The minimum of OWASP's Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane). */
const owasp: Cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const cheap: Cost = { memoryCost: 8, timeCost: 1, parallelism: 1 }

/** More would block libuv's four threads for files, DNS and signatures. */
const atOnce = 2
/** Some seconds of work for all addresses together. */
const maxWaiting = 512

const seconds = Metric.histogram("confab_password_hash_seconds", {
  description: "Time of a password hash, the wait in the queue included",
  boundaries: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
})

export class Passwords extends Context.Service<
  Passwords,
  {
    hash(password: string): Effect.Effect<string, Unavailable>
    /**
     * `find` returns the hash when its turn has come, or fails, which costs no hashing. Undefined or empty (no user has
     * this name, or the user has no password): false, after the same work.
     */
    verify<E>(find: Effect.Effect<string | undefined, E>, password: string): Effect.Effect<boolean, E | Unavailable>
    /** Whether the hash was made with other parameters than the current ones. */
    isOutdated(hash: string): boolean
  }
>()("confab/services/passwords/Passwords") {
  static readonly layer: Layer.Layer<Passwords> = Layer.effect(
    Passwords,
    Effect.suspend(() => make(owasp)),
  )

  /** Real argon2id, but cheap. */
  static readonly layerTest: Layer.Layer<Passwords> = Layer.effect(
    Passwords,
    Effect.suspend(() => make(cheap)),
  )
}

/** Keyboards and systems encode the same password in several ways (NIST SP 800-63B, section 5.1.1.2). */
const comparable = (password: string): string => password.normalize("NFKC")

/** A hash with these parameters that no password has: salt and digest are all zeros. */
const dummyHash = ({ memoryCost, timeCost, parallelism }: Cost): string =>
  `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${"A".repeat(22)}$${"A".repeat(43)}`

const make = (cost: Cost) =>
  Effect.gen(function* () {
    const queue = yield* makeHashingQueue({ atOnce, maxWaiting })
    const clock = yield* Clock.Clock
    const dummy = dummyHash(cost)

    /** Argon2 runs on libuv's threads: it cannot be stopped, and holds its permit until its end. */
    const work = <A>(run: () => Promise<A>) => Effect.uninterruptible(Effect.promise(run))

    /** Runs the hashing in the queue, under the address of the request. */
    const inTurn = <A, E>(hashing: Effect.Effect<A, E>): Effect.Effect<A, E | Unavailable> =>
      Effect.flatMap(Origin, ({ address }) => {
        const began = clock.currentTimeMillisUnsafe()
        return Effect.ensuring(
          queue.inTurn(address === null ? "" : networkOf(address), hashing),
          Effect.suspend(() => Metric.update(seconds, (clock.currentTimeMillisUnsafe() - began) / 1000)),
        )
      })

    return Passwords.of({
      hash: (password) => inTurn(work(() => argon2.hash(comparable(password), { type: argon2.argon2id, ...cost }))),
      verify: (find, password) =>
        inTurn(
          Effect.flatMap(find, (hash) =>
            Effect.map(
              work(async () => {
                const same = comparable(password)
                // Also the unnormalised form: hashes from before normalisation are of the text as typed.
                return (
                  (await argon2.verify(hash || dummy, same)) ||
                  (same !== password && (await argon2.verify(hash || dummy, password)))
                )
              }),
              (matches) => matches && Boolean(hash),
            ),
          ),
        ),
      isOutdated: (hash) => argon2.needsRehash(hash, cost),
    })
  })
