// When to reconnect after a connection is lost: as the close code says, with growing and random pauses.
import { CloseCode } from "../../contract/CloseCode.ts"
import type { OfflineReason } from "../state/ChatState.ts"

export type Return =
  /** `refresh`: refresh the token first. `millis`: then wait this long. */
  | { readonly _tag: "After"; readonly millis: number; readonly refresh: boolean; readonly reason: OfflineReason }
  | { readonly _tag: "Never"; readonly reason: OfflineReason }
  | { readonly _tag: "SignedOut" }

const first = 500
const longest = 30_000

/** Between half and the whole of 0.5 s, 1 s, 2 s … 30 s. */
export const backoff = (attempt: number, random: number): number => {
  const ceiling = Math.min(longest, first * 2 ** Math.min(attempt, 16))
  return Math.round(ceiling / 2 + (random * ceiling) / 2)
}

const retryAfter = (reason: string): number => {
  try {
    const value: unknown = JSON.parse(reason)
    const millis = typeof value === "object" && value !== null && "retry_after_ms" in value ? value.retry_after_ms : 0
    return typeof millis === "number" && millis >= 0 ? Math.min(millis, longest) : 0
  } catch {
    return 0
  }
}

/** `attempt`: failures in a row before this one. */
export const comeBack = (code: number, reason: string, attempt: number, random: number): Return => {
  const soon = attempt === 0 ? Math.round(random * 250) : backoff(attempt, random)
  switch (code) {
    case CloseCode.GoingAway: {
      const millis = retryAfter(reason) + (attempt === 0 ? 0 : backoff(attempt, random))
      return { _tag: "After", millis, refresh: false, reason: "server_going_away" }
    }
    case CloseCode.TokenExpired:
      return { _tag: "After", millis: attempt === 0 ? 0 : backoff(attempt, random), refresh: true, reason: "network" }
    case CloseCode.TooSlow:
      return { _tag: "After", millis: soon, refresh: false, reason: "too_slow" }
    case CloseCode.SessionEnded:
      return { _tag: "SignedOut" }
    case CloseCode.TooManySockets:
      return { _tag: "Never", reason: "too_many_devices" }
    case CloseCode.FrameTooLarge:
      return { _tag: "Never", reason: "refused" }
  }
  if (code >= 4500 && code <= 4999) return { _tag: "Never", reason: "refused" }
  return { _tag: "After", millis: soon, refresh: false, reason: "network" }
}
