// One line of the table.

export interface Row {
  readonly what: string
  readonly promised: string
  readonly measured: string
  readonly kept: boolean
}

export type Measure = () => Promise<ReadonlyArray<Row>>

const seconds = (millis: number): string => `${(millis / 1000).toFixed(2)} s`

/** Durations in milliseconds, of which the longest counts. */
export const within = (what: string, limit: number, durations: ReadonlyArray<number>, more = ""): Row => {
  const sorted = [...durations].sort((a, b) => a - b)
  const longest = sorted.at(-1) ?? Number.POSITIVE_INFINITY
  const middle = sorted[Math.floor(sorted.length / 2)] ?? longest
  const spread =
    sorted.length > 1 ? `${seconds(longest)} (median ${seconds(middle)}, n = ${sorted.length})` : seconds(longest)
  return { what, promised: `≤ ${limit / 1000} s`, measured: spread + more, kept: longest <= limit }
}

/** Waits for a fact. */
export const until = async (fact: () => boolean, timeout: number, what: string): Promise<void> => {
  const deadline = performance.now() + timeout
  while (!fact()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))
