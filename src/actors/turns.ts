// When a chat continues within a turn of the event loop, so that commands of the same moment share a batch.
import { Effect } from "effect"

const waiting: Array<() => void> = []

const runAll = () => {
  const callbacks = waiting.splice(0)
  for (let i = 0; i < callbacks.length; i++) callbacks[i]?.()
}

/** Calls back once this turn has read all ready sockets. `callback` must not throw. */
export const whenRead = (callback: () => void): void => {
  if (waiting.push(callback) === 1) setImmediate(runAll)
}

/** Done once this turn has read all ready sockets. */
export const allRead: Effect.Effect<void> = Effect.callback((resume) => whenRead(() => resume(Effect.void)))

/** Done once this turn's answers are written, and the frames that clients send in response are read. */
export const answersHeard: Effect.Effect<void> = Effect.callback((resume) => {
  setImmediate(() => setImmediate(() => resume(Effect.void)))
})
