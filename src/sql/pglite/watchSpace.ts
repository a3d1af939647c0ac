// Stops writes of the embedded database while its disk is nearly full: it survives a refused write, but not a log that
// it cannot write.
import type { PGlite } from "@electric-sql/pglite"
import { Effect } from "effect"
import { enough, FreeSpace, inMiB, tooLittle } from "./FreeSpace.ts"

const lookEvery = "1 second"

export const watchSpace = Effect.fnUntraced(function* (db: PGlite, dataDir: string) {
  const freeSpace = yield* FreeSpace
  let isFull = false
  const become = (full: boolean, free: number) =>
    Effect.gen(function* () {
      isFull = full
      yield* Effect.promise(() => db.exec(`set default_transaction_read_only = ${full ? "on" : "off"}`))
      const what = full
        ? Effect.logError("The disk is nearly full: nothing is written until there is room")
        : Effect.logInfo("There is room on the disk again")
      yield* Effect.annotateLogs(what, { free_mib: inMiB(free) })
    })
  const look = Effect.suspend(() => {
    const free = freeSpace(dataDir)
    if (!isFull && free < tooLittle) return become(true, free)
    return isFull && free >= enough ? become(false, free) : Effect.void
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(lookEvery), look)))
})
