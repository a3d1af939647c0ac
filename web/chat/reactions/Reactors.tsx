// Who reacted to a message, the newest first: all of them, or those with one emoji.
import { useEffect, useState } from "react"
import type { ReactionPage } from "../../../src/client/ChatClient.ts"
import type { MessageId } from "../../../src/domain/Ids.ts"
import type { ReactionCount } from "../../../src/domain/Message.ts"
import { PersonLine } from "../../dialogs/PersonLine.tsx"
import { useTextWords } from "../../i18n/useTextWords.ts"
import { useClient } from "../../model/hooks.ts"
import { Dialog } from "../../ui/Dialog.tsx"
import { refusalText } from "../../ui/notices.tsx"
import { Failure, Loading } from "../../ui/Waiting.tsx"

export const Reactors = ({
  messageId,
  counts,
  emoji: chosen,
  onClose,
}: {
  messageId: MessageId
  counts: ReadonlyArray<ReactionCount>
  /** undefined: all of them. */
  emoji: string | undefined
  onClose: () => void
}) => {
  const { reactions: words } = useTextWords()
  const client = useClient()
  const [emoji, setEmoji] = useState(chosen)
  const [items, setItems] = useState<ReactionPage["items"]>()
  const [next, setNext] = useState<string | null>(null)
  const [before, setBefore] = useState<string>()
  const [failure, setFailure] = useState<string>()

  useEffect(() => {
    const abort = new AbortController()
    setFailure(undefined)
    const page = {
      signal: abort.signal,
      ...(emoji === undefined ? {} : { emoji }),
      ...(before === undefined ? {} : { before }),
    }
    client.reactions(messageId, page).then(
      (page) => {
        setItems((known) => (before === undefined ? page.items : [...(known ?? []), ...page.items]))
        setNext(page.next)
      },
      (cause) => {
        if (!abort.signal.aborted) setFailure(refusalText(cause))
      },
    )
    return () => abort.abort()
  }, [client, messageId, emoji, before])

  const show = (one: string | undefined) => {
    if (one === emoji) return
    setItems(undefined)
    setNext(null)
    setBefore(undefined)
    setEmoji(one)
  }
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  const choices = [
    { emoji: undefined, label: words.all, count: total },
    ...counts.map(({ count, emoji }) => ({ emoji, label: emoji, count })),
  ]
  return (
    <Dialog title={words.who} onClose={onClose} narrow>
      {counts.length > 1 && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would be a form
        <div className="pills reactors-choice" role="group" aria-label={words.title}>
          {choices.map((choice) => (
            <button
              key={choice.label}
              type="button"
              className={choice.emoji === emoji ? "pill pill-own" : "pill"}
              aria-pressed={choice.emoji === emoji}
              onClick={() => show(choice.emoji)}
            >
              <span className="pill-emoji">{choice.label}</span>
              <span>{choice.count.toLocaleString()}</span>
            </button>
          ))}
        </div>
      )}
      {failure !== undefined && <Failure>{failure}</Failure>}
      {items === undefined ? (
        failure === undefined && <Loading />
      ) : items.length === 0 ? (
        <p className="dialog-text">{words.none}</p>
      ) : (
        <ul className="people">
          {items.map(({ emoji, user }) => (
            <li key={`${user.id} ${emoji}`} className="member">
              <PersonLine user={user}>
                <span className="reactor-emoji">{emoji}</span>
              </PersonLine>
            </li>
          ))}
        </ul>
      )}
      {next !== null && (
        <button type="button" className="link-button" onClick={() => setBefore(next)}>
          {words.loadMore}
        </button>
      )}
    </Dialog>
  )
}
