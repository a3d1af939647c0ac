// Times at which a message can be sent later, on the clock of this device.

/** The farthest time that the server accepts, in days. */
export const maxDays = 365

const at = (now: Date, days: number, hour: number): Date =>
  new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour)

export interface Preset {
  readonly name: "hour" | "evening" | "tomorrow" | "monday"
  readonly at: Date
}

/** An hour from now, this evening unless it is near, tomorrow morning, next Monday unless that is tomorrow. */
export const presets = (now: Date): ReadonlyArray<Preset> => {
  const hour = new Date(now.getTime() + 3_600_000)
  const evening = at(now, 0, 19)
  const toMonday = (8 - now.getDay()) % 7 || 7
  return [
    { name: "hour", at: hour },
    ...(evening > hour ? [{ name: "evening", at: evening } as const] : []),
    { name: "tomorrow", at: at(now, 1, 9) },
    ...(toMonday > 1 ? [{ name: "monday", at: at(now, toMonday, 9) } as const] : []),
  ]
}

const two = (n: number) => String(n).padStart(2, "0")

/** The value of a field for local date and time. */
export const toField = (date: Date): string =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`

/** undefined: not a time, past, or too far ahead. */
export const fromField = (value: string, now: Date): Date | undefined => {
  const date = new Date(value)
  const far = now.getTime() + maxDays * 86_400_000
  return value !== "" && date.getTime() > now.getTime() && date.getTime() <= far ? date : undefined
}
