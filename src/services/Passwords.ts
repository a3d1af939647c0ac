// Owns passwords as argon2id hashes, and the processor time that they cost. Does not own whose they are (Users).
import argon2 from "argon2"
import { Context, Effect, Layer, Semaphore } from "effect"
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

export class Passwords extends Context.Service<
  Passwords,
  {
    hash(password: string): Effect.Effect<string, Unavailable>
    /** `hash` undefined, since nobody has this name: false, after the same work. */
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
    const dummy = nobodys(cost)
    let inside = 0

    /** argon2 works on libuv's threads; what an interruption leaves behind still holds its permit until it is done. */
    const run = <A>(work: () => Promise<A>) =>
      Effect.suspend(() => {
        if (inside >= atOnce + maxWaiting) return Effect.fail(new Unavailable({ retry_after_ms: 5000 }))
        inside++
        return Effect.ensuring(
          semaphore.withPermit(Effect.uninterruptible(Effect.promise(work))),
          Effect.sync(() => {
            inside--
          }),
        )
      })

    return Passwords.of({
      hash: (password) => run(() => argon2.hash(password, { type: argon2.argon2id, ...cost })),
      verify: (hash, password) =>
        Effect.map(
          run(() => argon2.verify(hash ?? dummy, password)),
          (matches) => matches && hash !== undefined,
        ),
      isOutdated: (hash) => argon2.needsRehash(hash, cost),
    })
  })
