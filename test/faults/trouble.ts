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
  /** The longest time without any of those that come by plan, milliseconds; 0: there are none. */
  readonly longestPause: number
}

/** Faults that come by plan beside the others: one of them begins within this time after the last one, milliseconds. */
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
 * The regular ones by plan, at most half of `every` apart; beside them the others in random order, repeatedly until
 * `end`, but each at least once, however slow the machine is. Before the next of the others every chat has answered.
 * `aftermath`: how long an effect of a fault may appear after it, as when a lock turns out to be lost.
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
  const kinds = Object.entries(faults).filter(([name]) => !regular.names.includes(name))
  const regulars = Object.entries(faults).filter(([name]) => regular.names.includes(name))
  const planned = random.fork()
  let isOver = false
  let lastRegular = performance.now()
  let longestPause = 0
  const carryOut = async ([name, fault]: (typeof kinds)[number]) => {
    await fault().catch((cause) => violations.push(`${name}: ${cause instanceof Error ? cause.message : cause}`))
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const deal = async (kind: (typeof kinds)[number]) => {
    const [name] = kind
    await pause(random.between(100, 600))
    const began = performance.now()
    silence.begin()
    await carryOut(kind)
    const over = performance.now()
    await until(() => silence.since(over).length === 0, longestWait)
    const later = over + aftermath
    await until(() => silence.since(later).length === 0, aftermath + longestWait)
    for (const chat_id of silence.since(later))
      violations.push(`chat ${chat_id} gave no answer within ${longestWait / 1_000} s after: ${name}`)
    silences.set(name, Math.max(silences.get(name) ?? 0, silence.longest))
    log(`${name} (${Math.round(over - began)} ms): no answer for ${Math.round(silence.longest)} ms`)
  }
  const rest = () => {
    longestPause = Math.max(longestPause, performance.now() - lastRegular)
  }
  const dealRegularly = async () => {
    for (let round = 0; !isOver || round < regulars.length; round++) {
      const ordered = round < regulars.length ? regulars[round]! : planned.pick(regulars)
      rest()
      const began = performance.now()
      await carryOut(ordered)
      lastRegular = performance.now()
      log(`${ordered[0]} (${Math.round(lastRegular - began)} ms), beside the others`)
      const next = lastRegular + planned.between(regular.every / 6, regular.every / 2)
      await until(() => isOver || performance.now() > next, regular.every)
    }
  }
  const regularly = regulars.length === 0 ? Promise.resolve() : dealRegularly()
  while (performance.now() < end || kinds.some(([name]) => !counts.has(name))) {
    if (kinds.length === 0) await pause(100)
    for (const kind of random.shuffle(kinds)) {
      if (performance.now() > end && kinds.every(([name]) => counts.has(name))) break
      await deal(kind)
    }
  }
  isOver = true
  if (regulars.length > 0) rest()
  await regularly
  if (longestPause > regular.every && regulars.length > 0)
    violations.push(`for ${Math.round(longestPause / 1_000)} s there was none of: ${regular.names.join(", ")}`)
  return { counts, silences, violations, longestPause }
}
