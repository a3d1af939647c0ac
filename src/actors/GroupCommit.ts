// Owns when the actors' changes are committed: the waiting changes of all chats share one transaction and its fsync.
// Does not own the changes.
import { Context, Effect, Exit, Layer, Metric } from "effect"
import { spanned } from "../config/spanned.ts"
import { Unavailable } from "../domain/errors.ts"
import * as Deadlines from "../sql/database/Deadlines.ts"
import { type ChatChange, type CommitResult, Journal } from "../sql/journal/Journal.ts"

export type Committed = Exit.Exit<CommitResult, Unavailable>

/** Transactions under way: while one waits for the disk, the next is being sent. */
const flights = 2
/**
 * With this many messages under way no other transaction begins: further messages are cheaper together in the next one.
 */
const manyMessages = 32
/** The maximum number of messages in one transaction. */
const flightMessages = 1_000
/** Messages whose callers are answered in one turn of the event loop. */
const turnMessages = 100
/** How long a caller waits for a database that does not answer, milliseconds. */
const answerMillis = 3_000

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
    /** Calls `done` once. Unavailable: the result is unknown. One change of a chat at a time. */
    submit(change: ChatChange, done: (result: Committed) => void): void
  }
>()("confab/actors/GroupCommit") {
  static readonly layer = Layer.effect(
    GroupCommit,
    Effect.gen(function* () {
      const journal = yield* Journal
      const deadlines = yield* Deadlines.make(answerMillis)
      const context = yield* Effect.context<never>()
      const run = Effect.runCallbackWith(context)
      const update = <Input>(metric: Metric.Metric<Input, unknown>, value: Input) => metric.updateUnsafe(value, context)
      const waiting: Array<Waiting> = []
      /** Their cancellations. An array instead of a Set, as in `Deadlines`. */
      let flying: Array<() => void> = []
      let messagesFlying = 0
      let leaving = false

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
      /**
       * Answers some in each turn of the event loop: the first callers can send again while the others are answered.
       */
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

      const tell = (batch: ReadonlyArray<Waiting>, exit: Exit.Exit<ReadonlyArray<CommitResult>, Unavailable>) => {
        for (let i = 0; i < batch.length; i++) {
          const { change, done } = batch[i]!
          const result = Exit.isSuccess(exit) ? exit.value[i] : undefined
          const answer: Committed = result === undefined ? missing : Exit.succeed(result)
          settled.push({ change, done, result: Exit.isFailure(exit) ? Exit.failCause(exit.cause) : answer })
        }
        if (!settling) settle()
      }

      const send = (batch: ReadonlyArray<Waiting>) => {
        const started = performance.now()
        const messages = messagesOf(batch)
        let landed = false
        let interrupt = () => {}
        const cancel = () => interrupt()
        const land = (exit: Exit.Exit<ReadonlyArray<CommitResult>, Unavailable>) => {
          if (landed) return
          landed = true
          const took = performance.now() - started
          flying = flying.filter((other) => other !== cancel)
          messagesFlying -= messages
          // Waiting callers come first.
          tell(batch, exit)
          depart()
          deadlines.end(wait)
          update(batchSize, batch.length)
          update(batchMessages, messages)
          if (Exit.isFailure(exit)) update(failures, 1)
          update(commitSeconds, took / 1e3)
        }
        const wait = deadlines.begin(() => {
          // The database is silent: changes that wait behind this transaction need not detect it by another one.
          for (const { done } of waiting.splice(0)) done(away)
          land(away)
          cancel()
        })
        const commit = journal
          .commit(batch.map(({ change }) => change))
          .pipe(spanned("GroupCommit.commit", { attributes: { chats: batch.length } }))
        flying.push(cancel)
        messagesFlying += messages
        interrupt = run(commit, { onExit: land })
      }

      const hasRoom = () => flying.length < flights && messagesFlying < manyMessages

      /** Sends what waits, as far as transactions are free. */
      const depart = () => {
        leaving = false
        while (waiting.length > 0 && hasRoom()) send(take())
      }

      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const cancel of flying) cancel()
        }),
      )

      return GroupCommit.of({
        submit(change, done) {
          waiting.push({ change, done })
          if (leaving || !hasRoom()) return
          leaving = true
          // Actors that were woken together submit their changes before the batch is sent.
          queueMicrotask(depart)
        },
      })
    }),
  )
}

const messagesOf = (batch: ReadonlyArray<Waiting>): number =>
  batch.reduce((sum, { change }) => sum + change.sent.length, 0)

const away = Exit.fail(new Unavailable({}))
const missing: Committed = Exit.die("the journal answered for fewer changes than it was given")
