// The messages of a chat that the server sends later: change, send now, delete.
import { useState } from "react"
import type { ScheduledMessage } from "../../src/client/state/ChatState.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { fullDay } from "../format.ts"
import { useMineWords } from "../i18n/useMineWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import "../styles/mine.css"
import { Dialog } from "../ui/Dialog.tsx"
import { Icon } from "../ui/Icon.tsx"
import { below, Menu, type MenuPlace } from "../ui/Menu.tsx"
import { notice, refusal, refusalText } from "../ui/notices.tsx"
import { ScheduleDialog } from "./Schedule.tsx"

export const ScheduledList = ({ chatId, onClose }: { chatId: ChatId; onClose: () => void }) => {
  const words = useWords()
  const { schedule } = useMineWords()
  const client = useClient()
  const all = useChatState((state) => state.scheduled)
  const own = all.filter(({ chat_id }) => chat_id === chatId)
  const [menu, setMenu] = useState<{ readonly message: ScheduledMessage; readonly place: MenuPlace }>()
  const [editing, setEditing] = useState<ScheduledMessage>()
  /** Resolves with whether it was done. What was sent in between is no failure of the page: the list shows it. */
  const attempt = async (action: Promise<unknown>): Promise<boolean> => {
    try {
      await action
      return true
    } catch (cause) {
      const tag = refusal(cause)
      const isOver = tag === "AlreadySent" || tag === "ScheduledNotFound"
      notice(isOver ? schedule.tooLate : refusalText(cause))
      return isOver
    }
  }
  /** How many files, and the text. */
  const whatOf = ({ attachments = [], text }: ScheduledMessage) => {
    if (attachments.length === 0) return text
    const files = words.files.files(attachments.length)
    return text === "" ? files : words.files.withText(files, text)
  }
  if (editing !== undefined) {
    const { at, attachments, key, text } = editing
    return (
      <ScheduleDialog
        title={schedule.edit}
        at={new Date(at)}
        text={text}
        mayBeEmpty={attachments !== undefined}
        onSet={(when, next) => attempt(client.changeScheduled(key, { at: when, text: next }))}
        onClose={() => setEditing(undefined)}
      />
    )
  }
  return (
    <Dialog title={schedule.list} onClose={onClose}>
      {own.length === 0 && <p className="dialog-text">{schedule.none}</p>}
      <ul className="scheduled">
        {own.map((message) => (
          <li key={message.key} className="scheduled-one">
            <p className="scheduled-what" dir="auto">
              {whatOf(message)}
            </p>
            <p className={message.failed === undefined ? "scheduled-when" : "scheduled-when scheduled-failed"}>
              <Icon name={message.failed === undefined ? "clock" : "alert"} size={15} />
              {message.failed === undefined
                ? fullDay(message.at, words)
                : message.failed === "Blocked"
                  ? schedule.failedBlocked
                  : schedule.failed}
            </p>
            <button
              type="button"
              className="icon-button scheduled-more"
              aria-label={schedule.actions(whatOf(message).slice(0, 40))}
              aria-haspopup="menu"
              onClick={(event) => setMenu({ message, place: below(event.currentTarget) })}
            >
              <Icon name="more" size={20} />
            </button>
          </li>
        ))}
      </ul>
      {menu !== undefined && (
        <Menu
          label={schedule.actions(whatOf(menu.message).slice(0, 40))}
          place={menu.place}
          onClose={() => setMenu(undefined)}
          items={[
            {
              label: schedule.now,
              icon: "send",
              act: () => void attempt(client.changeScheduled(menu.message.key, { at: new Date() })),
            },
            { label: schedule.change, icon: "pencil", act: () => setEditing(menu.message) },
            {
              label: schedule.remove,
              icon: "trash",
              danger: true,
              act: () => void attempt(client.callOff(menu.message.key)),
            },
          ]}
        />
      )}
    </Dialog>
  )
}
