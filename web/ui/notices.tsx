// Short messages at the foot of the page: success or the reason of a failure. Screen readers announce them.
import { useSyncExternalStore } from "react"
import { ChatClientError } from "../../src/client/ChatClientError.ts"
import { words } from "../i18n/useWords.ts"

interface Notice {
  readonly id: number
  readonly text: string
}

let notices: ReadonlyArray<Notice> = []
let nextId = 1
const listeners = new Set<() => void>()
const publish = (next: ReadonlyArray<Notice>) => {
  notices = next
  for (const listener of listeners) listener()
}
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const notice = (text: string): void => {
  const id = nextId++
  publish([...notices.filter((other) => other.text !== text), { id, text }].slice(-3))
  setTimeout(() => publish(notices.filter((other) => other.id !== id)), 4_000)
}

/** The server's tag of a refusal; empty for any other failure. */
export const refusal = (cause: unknown): string => (cause instanceof ChatClientError ? cause.tag : "")

/** The reason of the refusal, in the chosen language. */
export const refusalText = (cause: unknown): string => {
  const all = words()
  switch (refusal(cause)) {
    case "Network":
      return all.offlineError
    case "NotAllowed":
      return all.notAllowed
    case "ChatFull":
      return all.chatFull
    case "ChatNotFound":
      return all.chat.gone
    case "MessageNotFound":
    case "MessageDeleted":
      return all.chat.messageGone
    case "RecipientDeleted":
      return all.chat.peerGone
    case "Blocked":
      return all.chat.blocked
    case "Unavailable":
      return all.unavailable
    case "TooManyRequests":
      return all.tooMany(Math.ceil((cause instanceof ChatClientError ? (cause.retryAfterMs ?? 1_000) : 1_000) / 1_000))
    default:
      return all.somethingWrong
  }
}

/** Runs an action and shows a notice if it fails. Returns whether it succeeded. */
export const attempt = async (action: Promise<unknown>): Promise<boolean> => {
  try {
    await action
    return true
  } catch (cause) {
    notice(refusalText(cause))
    return false
  }
}

export const Notices = () => {
  const shown = useSyncExternalStore(subscribe, () => notices)
  return (
    <div className="notices" role="status">
      {shown.map(({ id, text }) => (
        <p key={id} className="notice-toast">
          {text}
        </p>
      ))}
    </div>
  )
}
