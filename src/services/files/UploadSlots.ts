// How many uploads are under way on this node: of one user, and of all.
import { Effect, type Scope } from "effect"
import { TooManyRequests, Unavailable } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"

/** Of all users together. */
const mostOfAll = 64
/** How soon to try again. */
const retry_after_ms = 2_000

export class UploadSlots {
  readonly #perUser: number
  readonly #underWay = new Map<UserId, number>()
  #all = 0

  /** 0: no limit. */
  constructor(perUser: number) {
    this.#perUser = perUser
  }

  /** Takes one until the scope ends. */
  take(user_id: UserId): Effect.Effect<void, TooManyRequests | Unavailable, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.suspend((): Effect.Effect<void, TooManyRequests | Unavailable> => {
        const count = this.#underWay.get(user_id) ?? 0
        if (this.#perUser > 0 && count >= this.#perUser) return Effect.fail(new TooManyRequests({ retry_after_ms }))
        if (this.#all >= mostOfAll) return Effect.fail(new Unavailable({ retry_after_ms }))
        this.#underWay.set(user_id, count + 1)
        this.#all++
        return Effect.void
      }),
      () =>
        Effect.sync(() => {
          this.#all--
          const count = (this.#underWay.get(user_id) ?? 1) - 1
          if (count === 0) this.#underWay.delete(user_id)
          else this.#underWay.set(user_id, count)
        }),
    )
  }
}
