// Chooses a day, and leads to its first message in the chat.
import { type FormEvent, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import { dayOf, firstSince, startOfDay } from "../chat/findDay.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useClient } from "../model/hooks.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { refusalText } from "../ui/notices.tsx"
import { Failure } from "../ui/Waiting.tsx"

export const JumpToDate = ({
  chat,
  from,
  onGo,
  onClose,
}: {
  chat: ChatView
  /** The day that is shown first. */
  from: string
  onGo: (seq: number) => void
  onClose: () => void
}) => {
  const { dates: words } = useMessageWords()
  const client = useClient()
  const [day, setDay] = useState(() => dayOf(new Date(from)))
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  const time = startOfDay(day)
  const go = async (event: FormEvent) => {
    event.preventDefault()
    if (time === undefined || busy) return
    setBusy(true)
    setFailure(undefined)
    try {
      const seq = await firstSince(time, chat.last_seq, async (seq) => {
        const { items } = await client.messages(chat.id, { around: seq, limit: 1 })
        return Date.parse(items[0]?.created_at ?? "")
      })
      onClose()
      onGo(seq)
    } catch (cause) {
      setFailure(refusalText(cause))
      setBusy(false)
    }
  }
  return (
    <Dialog title={words.title} onClose={onClose} narrow>
      <form className="stack" onSubmit={go}>
        <input
          className="text-input"
          type="date"
          required
          aria-label={words.day}
          min={dayOf(new Date(chat.created_at))}
          max={dayOf(new Date())}
          value={day}
          onChange={(event) => setDay(event.target.value)}
        />
        {failure !== undefined && <Failure>{failure}</Failure>}
        <div className="row-end">
          <button type="submit" className="button button-main" disabled={busy || time === undefined}>
            {words.go}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
