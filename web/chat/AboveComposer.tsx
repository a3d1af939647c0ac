// What stands where one writes: that messages wait to be sent later, or that the other one is blocked.
import { useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import { useMineWords } from "../i18n/useMineWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { Icon } from "../ui/Icon.tsx"
import { later } from "../ui/later.tsx"
import { attempt } from "../ui/notices.tsx"

const ScheduledList = later(() => import("./windows.ts").then(({ ScheduledList }) => ScheduledList))

export const ScheduledBar = ({ chat }: { chat: ChatView }) => {
  const { schedule: words } = useMineWords()
  const waiting = useChatState((state) => state.scheduled.filter(({ chat_id }) => chat_id === chat.id).length)
  const hasFailed = useChatState((state) =>
    state.scheduled.some(({ chat_id, failed }) => chat_id === chat.id && failed !== undefined),
  )
  const [open, setOpen] = useState(false)
  if (waiting === 0 && !open) return null
  return (
    <>
      <button
        type="button"
        className={hasFailed ? "scheduled-bar scheduled-failed" : "scheduled-bar"}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <Icon name={hasFailed ? "alert" : "clock"} size={17} />
        {words.count(waiting)}
      </button>
      {open && <ScheduledList chatId={chat.id} onClose={() => setOpen(false)} />}
    </>
  )
}

/** In place of the composer while the user blocks the other one. */
export const BlockedLine = ({ chat }: { chat: ChatView }) => {
  const { block: words } = useMineWords()
  const client = useClient()
  const { peer } = chat
  return (
    <p className="composer composer-closed">
      {words.blocked}{" "}
      {peer !== null && (
        <button type="button" className="link-button" onClick={() => void attempt(client.unblock(peer.id))}>
          {words.unblock}
        </button>
      )}
    </p>
  )
}
