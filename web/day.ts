// Local calendar days as consecutive numbers.
export const dayNumber = (date: Date): number =>
  Math.floor((date.getTime() - date.getTimezoneOffset() * 60_000) / 86_400_000)

export const localDay = (iso: string): number => dayNumber(new Date(iso))
