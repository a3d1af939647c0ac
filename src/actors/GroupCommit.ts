// Owns when the actors' changes are committed: whatever waits at that moment, of all chats, travels in one transaction, so
// that the price of an fsync is shared. Does not own what is committed.
import { Clock, Context, Effect, Exit, Latch, Layer, Metric } from "effect"
import { Unavailable } from "../domain/errors.ts"
import { type ChatChange, type CommitResult, Journal } from "../sql/Journal.ts"

export type Committed = Exit.Exit<CommitResult, Unavailable>

/** Transactions under way at once: while one is at the disk, the next is on its way. */
const flights = 2
/** Messages that one transaction carries at most. */
const flightMessages = 1_000
/** Messages whose callers are told in one turn of the event loop. */
const turnMessages = 100
/** How long a caller waits for a database that does not answer. */
const deadline = "3 seconds"

const batchSize = Metric.histogram("confab_commit_changes", {
  description: "Chats changed by one transaction",
  boundaries: [1, 2, 5, 10, 25, 50, 100, 250, 1000],
})
const batchMessages = Metric.histogram("confab_commit_messages", {
  description: "Messages stored by one transaction",
  boundaries: [1, 2, 5, 10, 25, 50, 100, 250, 1000],
})
const failures = Metric.counter("confab_commit_failures_total", {
  description: "Transactions of chats that failed",
  incremental: true,
})
const commitSeconds = Metric.histogram("confab_commit_seconds", {
  description: "Time of one transaction",
  boundaries: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
})

interface Waiting {
  readonly change: ChatChange
  readonly done: (result: Committed) => void
}

interface Settled extends Waiting {
  readonly result: Committed
}

export class GroupCommit extends Context.Service<
  GroupCommit,
  {
    /** `done` is called once. Unavailable: whether it took place is not known. One change of a chat at a time. */
    submit(change: ChatChange, done: (result: Committed) => void): void
  }
>()("confab/actors/GroupCommit") {
  static readonly layer = Layer.effect(
    GroupCommit,
    Effect.gen(function* () {
      const journal = yield* Journal
      const clock = yield* Clock.Clock
      const waiting: Array<Waiting> = []
      const someone = Latch.makeUnsafe(false)

      const take = (): Array<Waiting> => {
        let messages = 0
        let count = 0
        while (count < waiting.length && messages < flightMessages) {
          const next = waiting[count]
          if (next === undefined) break
          messages += 1 + next.change.sent.length
          count++
        }
        return waiting.splice(0, count)
      }

      const settled: Array<Settled> = []
      let settling = false
      /** A little each turn of the event loop: those told first send again while the others are told. */
      const settle = () => {
        let messages = 0
        let count = 0
        while (count < settled.length && messages < turnMessages) {
          const { change, done, result } = settled[count++]!
          messages += 1 + change.sent.length
          done(result)
        }
        settled.splice(0, count)
        settling = settled.length > 0
        if (settling) setImmediate(settle)
      }

      /** The database is silent: whoever waits behind the flight need not find that out by another one. */
      const giveUp = Effect.sync(() => {
        for (const { done } of waiting.splice(0)) done(Exit.fail(away))
      })

      const fly = Effect.fnUntraced(function* () {
        if (waiting.length === 0) {
          someone.closeUnsafe()
          yield* someone.await
          // The actors that this tick woke put their changes down before the batch leaves.
          yield* Effect.yieldNow
        }
        const batch = take()
        if (batch.length === 0) return
        const started = clock.currentTimeNanosUnsafe()
        const exit = yield* journal
          .commit(batch.map(({ change }) => change))
          .pipe(
            Effect.timeoutOrElse({ duration: deadline, orElse: () => Effect.andThen(giveUp, Effect.fail(away)) }),
            Effect.withSpan("GroupCommit.commit", { attributes: { chats: batch.length } }),
            Effect.exit,
          )
        yield* Metric.update(batchSize, batch.length)
        yield* Metric.update(batchMessages, messagesOf(batch))
        if (Exit.isFailure(exit)) yield* Metric.update(failures, 1)
        yield* Metric.update(commitSeconds, Number(clock.currentTimeNanosUnsafe() - started) / 1e9)
        for (let i = 0; i < batch.length; i++) {
          const result = Exit.isSuccess(exit) ? exit.value[i] : undefined
          const answer: Committed = result === undefined ? missing : Exit.succeed(result)
          settled.push({ ...batch[i]!, result: Exit.isFailure(exit) ? Exit.failCause(exit.cause) : answer })
        }
        if (!settling) settle()
      })

      for (let i = 0; i < flights; i++) yield* Effect.forkScoped(Effect.forever(fly()))

      return GroupCommit.of({
        submit(change, done) {
          waiting.push({ change, done })
          someone.openUnsafe()
        },
      })
    }),
  )
}

const messagesOf = (batch: ReadonlyArray<Waiting>): number =>
  batch.reduce((sum, { change }) => sum + change.sent.length, 0)

const away = new Unavailable({})
const missing: Committed = Exit.die("the journal answered for fewer changes than it was given")
