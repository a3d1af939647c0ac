// Owns passwords as argon2id hashes, and the processor time that they cost. Does not own whose they are (Users).
import argon2 from "argon2"
import { Clock, Context, Effect, Layer, Metric, Semaphore } from "effect"
import { Unavailable } from "../domain/errors.ts"

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
/** Some seconds' work; whoever comes later is told to come back. */
const maxWaiting = 512

const inLine = Metric.gauge("confab_password_hashes_waiting", {
  description: "Password hashes under way and in line",
})
const refused = Metric.counter("confab_password_hashes_refused_total", {
  description: "Password hashes that found the line full",
  incremental: true,
})
const seconds = Metric.histogram("confab_password_hash_seconds", {
  description: "Time of a password hash, the wait in line included",
  boundaries: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
})

export class Passwords extends Context.Service<
  Passwords,
  {
    hash(password: string): Effect.Effect<string, Unavailable>
    /** `hash` undefined or empty, since nobody has this name or they have no password: false, after the same work. */
    verify(hash: string | undefined, password: string): Effect.Effect<boolean, Unavailable>
    /** Was it made with other parameters than today's? */
    isOutdated(hash: string): boolean
  }
>()("confab/services/Passwords") {
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

/** A hash of these parameters that no password has: salt and digest are all zeros. */
const nobodys = ({ memoryCost, timeCost, parallelism }: Cost): string =>
  `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${"A".repeat(22)}$${"A".repeat(43)}`

const make = (cost: Cost) =>
  Effect.gen(function* () {
    const semaphore = yield* Semaphore.make(atOnce)
    const clock = yield* Clock.Clock
    const dummy = nobodys(cost)
    let inside = 0

    /** argon2 works on libuv's threads; what an interruption leaves behind still holds its permit until it is done. */
    const run = Effect.fnUntraced(function* <A>(work: () => Promise<A>) {
      if (inside >= atOnce + maxWaiting) {
        yield* Metric.update(refused, 1)
        return yield* new Unavailable({ retry_after_ms: 5000 })
      }
      const began = clock.currentTimeMillisUnsafe()
      yield* Metric.update(inLine, ++inside)
      return yield* Effect.ensuring(
        semaphore.withPermit(Effect.uninterruptible(Effect.promise(work))),
        Effect.suspend(() =>
          Effect.andThen(
            Metric.update(inLine, --inside),
            Metric.update(seconds, (clock.currentTimeMillisUnsafe() - began) / 1000),
          ),
        ),
      )
    })

    return Passwords.of({
      hash: (password) => run(() => argon2.hash(password, { type: argon2.argon2id, ...cost })),
      verify: (hash, password) =>
        Effect.map(
          run(() => argon2.verify(hash || dummy, password)),
          (matches) => matches && Boolean(hash),
        ),
      isOutdated: (hash) => argon2.needsRehash(hash, cost),
    })
  })
