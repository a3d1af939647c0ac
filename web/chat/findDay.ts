// Finds the first message of a day. The server knows messages by `seq`, which rises with time: some 17 questions find one
// among 100,000.

/**
 * The lowest `seq` whose time is not before `time`; the last one when all are before. `timeOf` gives a message's time in
 * epoch milliseconds.
 */
export const firstSince = async (
  time: number,
  lastSeq: number,
  timeOf: (seq: number) => Promise<number>,
): Promise<number> => {
  let low = 1
  let high = Math.max(1, lastSeq)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((await timeOf(middle)) >= time) high = middle
    else low = middle + 1
  }
  return low
}

/** The beginning of a local day, `2026-11-28`, in epoch milliseconds; undefined when it is none. */
export const startOfDay = (day: string): number | undefined => {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? []
  if (year === undefined) return undefined
  const time = new Date(Number(year), Number(month) - 1, Number(date)).getTime()
  return Number.isNaN(time) ? undefined : time
}

/** The local day of a time, as a field of type date has it. */
export const dayOf = (time: Date): string => {
  const two = (n: number) => String(n).padStart(2, "0")
  return `${String(time.getFullYear()).padStart(4, "0")}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
}
