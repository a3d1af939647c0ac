// Local calendar days as numbers: the next day has the next one.
export const dayNumber = (date: Date): number =>
  Math.floor((date.getTime() - date.getTimezoneOffset() * 60_000) / 86_400_000)

export const localDay = (iso: string): number => dayNumber(new Date(iso))
