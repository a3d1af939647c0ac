// Takes the composer's place while messages are selected.
import { useEffect } from "react"
import type { ChatView, Conversation } from "../../src/client/state/ChatState.ts"
import { fullTime } from "../format.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { type Entry, fromMessage } from "../model/Entry.ts"
import { useMe } from "../model/hooks.ts"
import { Icon } from "../ui/Icon.tsx"
import { notice } from "../ui/notices.tsx"
import { copyText } from "./copyText.ts"
import type { MessageActs } from "./MessageActs.ts"
import { mayDelete } from "./permissions.ts"
import { asText, inOrder, type Selected } from "./selected.ts"

export const SelectionBar = ({
  chat,
  conversation,
  selected,
  acts,
  nameOf,
  onStop,
}: {
  chat: ChatView
  conversation: Conversation | undefined
  selected: Selected
  acts: MessageActs
  nameOf: (entry: Entry) => string
  onStop: () => void
}) => {
  const words = useWords()
  const { forward, select } = useMessageWords()
  const me = useMe()
  useEffect(() => document.querySelector<HTMLElement>(".select-box:checked")?.focus({ preventScroll: true }), [])
  /** As they are now: they may have been edited or deleted since. */
  const entries = () =>
    inOrder(selected).flatMap((entry) => {
      const message = conversation?.messages.find(({ id }) => id === entry.id)
      if (message === undefined) return [entry]
      return message.deleted ? [] : [fromMessage(message, chat.readSeq, chat.deliveredSeq)]
    })
  const none = selected.size === 0
  const copy = () =>
    void copyText(asText(entries(), nameOf, (entry) => fullTime(entry.created_at))).then((copied) => {
      if (!copied) return
      notice(words.chat.copied)
      onStop()
    })
  return (
    <section className="selection-bar" aria-label={select.bar}>
      <button type="button" className="icon-button" aria-label={select.stop} title={select.stop} onClick={onStop}>
        <Icon name="close" />
      </button>
      <p className="selection-count" role="status">
        {select.count(selected.size)}
      </p>
      <button type="button" className="quiet-button" disabled={none} onClick={copy}>
        <Icon name="copy" size={20} />
        <span>{select.copy}</span>
      </button>
      <button type="button" className="quiet-button" disabled={none} onClick={() => acts.forward(entries())}>
        <Icon name="forward" size={20} />
        <span>{forward.forward}</span>
      </button>
      <button
        type="button"
        className="quiet-button quiet-danger"
        disabled={none || [...selected.values()].some((entry) => !mayDelete(chat, entry, me.id))}
        onClick={() => acts.remove(entries())}
      >
        <Icon name="trash" size={20} />
        <span>{words.chat.delete}</span>
      </button>
    </section>
  )
}
