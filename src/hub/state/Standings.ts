// Reads what a node must know of connected users' own states: their versions, and who has blocked the user. For all that
// wait at a moment in one statement.
import { Effect, Exit } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { StateStore } from "../../sql/state/StateStore.ts"
import type { ConnectedUser } from "../Device.ts"
import type { HubState } from "../HubState.ts"

type Resume = (done: Effect.Effect<void, Unavailable>) => void

export class Standings {
  private readonly hub: HubState
  private readonly rows: Pick<StateStore["Service"], "standings">
  private readonly run: (effect: Effect.Effect<void>) => void
  private waiting: Array<{ readonly user: ConnectedUser; readonly resume: Resume }> = []
  private isReading = false

  constructor(
    hub: HubState,
    rows: Pick<StateStore["Service"], "standings">,
    run: (effect: Effect.Effect<void>) => void,
  ) {
    this.hub = hub
    this.rows = rows
    this.run = run
  }

  /** Done once the user has what was read after this call. */
  read(user: ConnectedUser): Effect.Effect<void, Unavailable> {
    return Effect.callback((resume) => {
      this.waiting.push({ user, resume })
      if (this.isReading) return
      this.isReading = true
      this.run(this.readAll)
    })
  }

  private readonly readAll = Effect.gen({ self: this }, function* () {
    while (this.waiting.length > 0) {
      const batch = this.waiting
      this.waiting = []
      const begun = this.hub.blockers.begin()
      const exit = yield* Effect.exit(this.rows.standings(batch.map(({ user }) => user.id)))
      if (Exit.isSuccess(exit)) {
        const found = new Map(exit.value.map((standing) => [standing.user_id, standing]))
        for (const { user } of batch) {
          const { blockers = [], version = 0 } = found.get(user.id) ?? {}
          this.hub.ownState.reach(user, version)
          this.hub.blockers.found(user, blockers, begun)
        }
      }
      for (const { resume } of batch) resume(Exit.asVoid(exit))
    }
    this.isReading = false
  })
}
