// Owns passwords as argon2id hashes, and the processor time that they cost: all that hashes stands in one line, shared fairly
// between addresses. Does not own whose the passwords are (Users).
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

/** More would keep libuv's four threads from files, names and signatures. */
const atOnce = 2
/** Some seconds' work of all addresses together. */
const maxWaiting = 512

const seconds = Metric.histogram("confab_password_hash_seconds", {
  description: "Time of a password hash, the wait in line included",
  boundaries: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
})

export class Passwords extends Context.Service<
  Passwords,
  {
    hash(password: string): Effect.Effect<string, Unavailable>
    /**
     * `find` gives the hash when its turn has come, or fails, which costs no hashing. Undefined or empty, since nobody has this name
     * or they have no password: false, after the same work.
     */
    verify<E>(find: Effect.Effect<string | undefined, E>, password: string): Effect.Effect<boolean, E | Unavailable>
    /** Was it made with other parameters than today's? */
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

/** Keyboards and systems write one password in several ways (NIST SP 800-63B, section 5.1.1.2). */
const comparable = (password: string): string => password.normalize("NFKC")

/** A hash of these parameters that no password has: salt and digest are all zeros. */
const nobodys = ({ memoryCost, timeCost, parallelism }: Cost): string =>
  `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${"A".repeat(22)}$${"A".repeat(43)}`

const make = (cost: Cost) =>
  Effect.gen(function* () {
    const line = yield* makeHashingQueue({ atOnce, maxWaiting })
    const clock = yield* Clock.Clock
    const dummy = nobodys(cost)

    /** Argon2 works on libuv's threads: once begun it runs to its end, and holds its permit until then. */
    const work = <A>(run: () => Promise<A>) => Effect.uninterruptible(Effect.promise(run))

    /** At the place of the address that the work is for, in the line of all that hashes. */
    const inTurn = <A, E>(hashing: Effect.Effect<A, E>): Effect.Effect<A, E | Unavailable> =>
      Effect.flatMap(Origin, ({ address }) => {
        const began = clock.currentTimeMillisUnsafe()
        return Effect.ensuring(
          line.inTurn(address === null ? "" : networkOf(address), hashing),
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
                // The other one: hashes from before the form was settled are of what was typed.
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
