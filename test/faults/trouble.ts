// Deals faults to a run, one after the other, and looks how long chats gave no answer because of each.
import type { Faults } from "./faults.ts"
import type { Random } from "./Random.ts"
import type { Silence } from "./Silence.ts"

export interface Trouble {
  /** How often each was dealt. */
  readonly counts: ReadonlyMap<string, number>
  /**
   * The longest time in which a chat did not answer, from the fault's beginning until all had answered after its end.
   */
  readonly silences: ReadonlyMap<string, number>
  readonly violations: ReadonlyArray<string>
  /** The longest time without one of those that come regularly, milliseconds; 0: there are none. */
  readonly longestPause: number
}

/** Faults of which one is dealt whenever there was none for this time, milliseconds, besides the others. */
export interface Regular {
  readonly names: ReadonlyArray<string>
  readonly every: number
}

/** Then a chat must have answered, milliseconds. */
const longestWait = 20_000

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Waits for a fact; false when it did not come about in time. */
export const until = async (fact: () => boolean | Promise<boolean>, timeout: number): Promise<boolean> => {
  const deadline = performance.now() + timeout
  while (!(await fact())) {
    if (performance.now() > deadline) return false
    await pause(10)
  }
  return true
}

/**
 * All of them in random order, repeatedly until `end`, but each at least once, however slow the machine is. Before the
 * next one every chat has answered. `aftermath`: how long an effect of a fault may appear after it, as when a lock
 * turns out to be lost.
 */
export const makeTrouble = async (
  faults: Faults,
  silence: Silence,
  random: Random,
  end: number,
  aftermath: number,
  regular: Regular,
  log: (line: string) => void,
): Promise<Trouble> => {
  const counts = new Map<string, number>()
  const silences = new Map<string, number>()
  const violations: Array<string> = []
  const kinds = Object.entries(faults)
  const regulars = kinds.filter(([name]) => regular.names.includes(name))
  let lastRegular = performance.now()
  let longestPause = 0
  const deal = async ([name, fault]: readonly [name: string, fault: () => Promise<void>]) => {
    await pause(random.between(100, 600))
    const began = performance.now()
    silence.begin()
    if (regular.names.includes(name)) {
      longestPause = Math.max(longestPause, began - lastRegular)
      lastRegular = began
    }
    await fault().catch((cause) => violations.push(`${name}: ${cause instanceof Error ? cause.message : cause}`))
    const over = performance.now()
    counts.set(name, (counts.get(name) ?? 0) + 1)
    await until(() => silence.since(over).length === 0, longestWait)
    const later = over + aftermath
    await until(() => silence.since(later).length === 0, aftermath + longestWait)
    for (const chat_id of silence.since(later))
      violations.push(`chat ${chat_id} gave no answer within ${longestWait / 1_000} s after: ${name}`)
    silences.set(name, Math.max(silences.get(name) ?? 0, silence.longest))
    log(`${name} (${Math.round(over - began)} ms): no answer for ${Math.round(silence.longest)} ms`)
  }
  while (performance.now() < end)
    for (const kind of random.shuffle(kinds)) {
      if (performance.now() > end && counts.size === kinds.length) break
      const isDue = performance.now() - lastRegular > regular.every && !regulars.includes(kind)
      if (isDue && regulars.length > 0) await deal(random.pick(regulars))
      await deal(kind)
    }
  return { counts, silences, violations, longestPause }
}
