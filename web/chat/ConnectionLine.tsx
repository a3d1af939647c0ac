// A line shown while there is no connection. A short interruption is not shown.
import { useEffect, useRef, useState } from "react"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { Icon } from "../ui/Icon.tsx"

const patienceMillis = 700

export const ConnectionLine = () => {
  const words = useWords()
  const client = useClient()
  const connection = useChatState((state) => state.connection)
  const waiting = useChatState((state) => state.chats.reduce((sum, chat) => sum + chat.pendingCount, 0))
  const away = connection.status === "connecting" || connection.status === "offline"
  const [shown, setShown] = useState(false)
  useEffect(() => {
    if (!away) {
      setShown(false)
      return
    }
    const timer = setTimeout(() => setShown(true), patienceMillis)
    return () => clearTimeout(timer)
  }, [away])

  // Shown until the connection is back, also while the client retries.
  const foreign = useRef(false)
  if (connection.status === "offline") foreign.current = connection.reason === "foreign_origin"
  else if (connection.status === "online") foreign.current = false

  const stuck = connection.status === "offline" && connection.retryAt === null
  const text = !away
    ? ""
    : connection.status === "offline" && connection.reason === "too_many_devices"
      ? words.connection.tooManySockets
      : foreign.current
        ? words.connection.foreignOrigin(location.origin)
        : navigator.onLine && connection.attempt <= 1
          ? words.connection.connecting
          : words.connection.offline
  return (
    <div role="status">
      {shown && away && (
        <p className="connection-line">
          <Icon name="clock" size={16} />
          <span>
            {text}
            {waiting > 0 && ` ${words.connection.waiting(waiting)}.`}
          </span>
          {(stuck || connection.status === "offline") && (
            <button type="button" className="link-button" onClick={() => client.reconnect()}>
              {words.retry}
            </button>
          )}
        </p>
      )}
    </div>
  )
}
