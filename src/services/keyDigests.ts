// Keys the unkeyed digests of earlier releases, in steps.
import { Effect } from "effect"
import { OriginalDigests } from "../actors/memory/OriginalDigests.ts"
import { BareDigests } from "../sql/journal/BareDigests.ts"

/** Keys up to `atOnce`; returns how many there were. */
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
