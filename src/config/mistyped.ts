// Finds variables that are probably meant as settings, but have another name: they would be ignored silently.

import { Effect, Layer } from "effect"
import { settingNames } from "./Settings.ts"

/** The number of single-character changes (insertion, deletion, replacement, swap of neighbours) between two words. */
const distance = (one: string, other: string): number => {
  let before: Array<number> = []
  let last = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        least = Math.min(least, before[j - 2]! + 1)
      }
      row.push(least)
    }
    before = last
    last = row
  }
  return last[other.length]!
}

/** Short names are close to too many others: HOST and HOME. */
const closeness = (name: string): number => (name.length < 6 ? 0 : name.length < 10 ? 1 : 2)

export interface Mistyped {
  readonly variable: string
  readonly meant: string
}

/** `known`: the names of all settings. */
export const mistyped = (env: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): ReadonlyArray<Mistyped> =>
  Object.keys(env).flatMap((variable) => {
    if (known.has(variable)) return []
    const upper = variable.toUpperCase()
    const close = [...known].flatMap((meant) => {
      const apart = distance(upper, meant)
      return apart <= closeness(meant) ? [{ variable, meant, apart }] : []
    })
    const [closest] = close.sort((a, b) => a.apart - b.apart)
    return closest === undefined ? [] : [{ variable, meant: closest.meant }]
  })

/** In this process's environment. */
export const mistypedHere: Effect.Effect<ReadonlyArray<Mistyped>> = Effect.map(settingNames, (known) =>
  mistyped(process.env, known),
)

export const mistypedWarnings: Layer.Layer<never> = Layer.effectDiscard(
  Effect.flatMap(mistypedHere, (found) =>
    Effect.forEach(found, (one) => Effect.annotateLogs(Effect.logWarning("A variable is no setting"), { ...one })),
  ),
)
