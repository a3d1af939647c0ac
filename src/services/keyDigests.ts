// Keys what stands for first texts of messages from before there was a key, a part at a time.
import { Effect } from "effect"
import { OriginalDigests } from "../actors/memory/OriginalDigests.ts"
import { BareDigests } from "../sql/journal/BareDigests.ts"

/** Keys so many; gives how many there were. */
export const keyDigests = Effect.fnUntraced(function* (atOnce: number) {
  const digests = yield* OriginalDigests
  const bare = yield* BareDigests
  return Effect.gen(function* () {
    const found = yield* bare.some(atOnce)
    const replacements = found.map((each) => ({ ...each, keyed: digests.keyed(each.digest) }))
    if (replacements.length > 0) yield* bare.replace(replacements)
    return replacements.length
  })
})
