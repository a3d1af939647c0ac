// How loud a recording is over its length: at most 64 bytes, as the contract has it.

const most = 64

/** The loudest of each part, scaled so that the loudest of all is 255. `levels`: 0 to 1. */
export const waveformOf = (levels: ReadonlyArray<number>): string => {
  if (levels.length === 0) return btoa("\0")
  const count = Math.min(most, levels.length)
  const loudest = Math.max(...levels, 0.05)
  const bytes = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * levels.length) / count)
    const to = Math.max(from + 1, Math.floor(((i + 1) * levels.length) / count))
    return Math.round((Math.max(...levels.slice(from, to)) / loudest) * 255)
  })
  return btoa(String.fromCharCode(...bytes.map((byte) => Math.min(255, Math.max(0, byte)))))
}

/** Heights from 0 to 1; flat for what cannot be read. */
export const barsOf = (waveform: string | null | undefined): ReadonlyArray<number> => {
  try {
    if (waveform) return [...atob(waveform)].slice(0, most).map((sign) => sign.charCodeAt(0) / 255)
  } catch {
    // A client may have said anything.
  }
  return new Array<number>(32).fill(0)
}
