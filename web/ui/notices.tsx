// Short messages at the foot of the page: what was done, or why it was not. Read out to screen readers.
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

/** The server's name for a refusal; empty for anything else that went wrong. */
export const refusal = (cause: unknown): string => (cause instanceof ChatClientError ? cause.tag : "")

/** Why it was refused, in the chosen language. */
export const refusalText = (cause: unknown): string => {
  const all = words()
  switch (refusal(cause)) {
    case "Network":
      return all.offlineError
    case "NotAllowed":
      return all.group.notAllowed
    case "ChatFull":
      return all.group.full
    case "ChatNotFound":
      return all.chat.gone
    case "MessageNotFound":
    case "MessageDeleted":
      return all.chat.messageGone
    case "RecipientDeleted":
      return all.chat.peerGone
    case "Unavailable":
      return all.unavailable
    case "TooManyRequests":
      return all.tooMany(Math.ceil((cause instanceof ChatClientError ? (cause.retryAfterMs ?? 1_000) : 1_000) / 1_000))
    default:
      return all.somethingWrong
  }
}

/** Runs an action and says so when it fails. Whether it went well. */
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
