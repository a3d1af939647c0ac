// Sizes of files as text.
import { getSettings } from "../../settings.ts"

const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const

/** In steps of 1,000: "3.4 MB". */
export const fileSize = (bytes: number): string => {
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  const value = bytes / 1_000 ** step
  return new Intl.NumberFormat(getSettings().language, {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: step > 1 && value < 100 ? 1 : 0,
  }).format(value)
}
