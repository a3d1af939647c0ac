// When in a turn of the event loop a chat goes on, so that commands which belong together travel together.
import { Effect } from "effect"

const waiting: Array<() => void> = []

const runAll = () => {
  const callbacks = waiting.splice(0)
  for (let i = 0; i < callbacks.length; i++) callbacks[i]?.()
}

/** Calls back once this turn has read all sockets that have something. `callback` must not throw. */
export const whenRead = (callback: () => void): void => {
  if (waiting.push(callback) === 1) setImmediate(runAll)
}

/** Done once this turn has read all sockets that have something. */
export const allRead: Effect.Effect<void> = Effect.callback((resume) => whenRead(() => resume(Effect.void)))

/** Done once this turn's answers are written, and what their receivers sent upon them at once is read. */
export const answersHeard: Effect.Effect<void> = Effect.callback((resume) => {
  setImmediate(() => setImmediate(() => resume(Effect.void)))
})
