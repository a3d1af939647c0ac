// Deletes files that nothing uses, and bytes that no file has, in steps. Any number of nodes may do so at once: a blob is
// doomed before its bytes go, so that no upload takes it.
import { Clock, Effect } from "effect"
import { Blobs } from "../../blobs/Blobs.ts"
import { FileStore } from "../../sql/files/FileStore.ts"

/** One step; returns how much it looked at, 0 when nothing is due. */
export const collectFiles = Effect.fnUntraced(function* (atOnce: number) {
  const store = yield* FileStore
  const blobs = yield* Blobs
  return Effect.gen(function* () {
    // Without the place of the bytes, rows stay as well.
    if (!blobs.isOn) return 0
    const now = yield* Clock.currentTimeMillis
    const expired = yield* store.expire(now, atOnce)
    const doomed = yield* store.doom(now, atOnce)
    yield* Effect.forEach(doomed, (id) => blobs.remove(id), { concurrency: 4, discard: true })
    if (doomed.length > 0) yield* store.forget(doomed)
    return expired + doomed.length
  })
})
