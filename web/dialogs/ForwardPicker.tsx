// Chooses the chats that messages are forwarded to: saved messages first, then the chats by newest activity. One is
// chosen by a click, several by the boxes beside them.
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react"
import type { ChatId, MessageId } from "../../src/domain/Ids.ts"
import { matches } from "../../src/domain/searchWords.ts"
import { ChatAvatar, SavedAvatar } from "../chat/ChatAvatar.tsx"
import { forwardToAll, type Target } from "../chat/forwardAll.ts"
import { chatTitle, isClosed } from "../chat/names.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { notice, refusalText } from "../ui/notices.tsx"
import { SearchPicker } from "../ui/SearchPicker.tsx"

/** A search finds the others. */
const shownAtMost = 50

/** A chat of the list; the saved one may not exist yet. */
interface Choice {
  readonly key: ChatId | "saved"
  readonly name: string
  readonly note: string | undefined
  readonly picture: ReactNode
}

const ChoiceLine = ({
  choice,
  checked,
  choosing,
  disabled,
  onTake,
  onToggle,
}: {
  choice: Choice
  checked: boolean
  /** Some are checked: a click checks as well. */
  choosing: boolean
  disabled: boolean
  onTake: () => void
  onToggle: () => void
}) => {
  const { forward } = useMessageWords()
  return (
    <li className="forward-choice">
      <button
        type="button"
        className="person-button"
        data-stop
        disabled={disabled}
        aria-pressed={choosing ? checked : undefined}
        onClick={choosing ? onToggle : onTake}
      >
        <span className="person">
          {choice.picture}
          <span className="person-text">
            <span className="person-name" dir="auto">
              {choice.name}
            </span>
            {choice.note !== undefined && <span className="person-note">{choice.note}</span>}
          </span>
        </span>
      </button>
      <label className="forward-check">
        <input
          type="checkbox"
          checked={checked}
          disabled={disabled}
          aria-label={forward.choose(choice.name)}
          onChange={onToggle}
        />
      </label>
    </li>
  )
}

export const ForwardPicker = ({
  messageIds,
  onClose,
  onDone,
}: {
  messageIds: ReadonlyArray<MessageId>
  onClose: () => void
  /** All have been forwarded. */
  onDone: () => void
}) => {
  const words = useWords()
  const { forward } = useMessageWords()
  const client = useClient()
  const chats = useChatState((state) => state.chats)
  const [query, setQuery] = useState("")
  const [progress, setProgress] = useState<{ readonly done: number; readonly of: number }>()
  const [failures, setFailures] = useState<ReadonlyArray<string>>([])
  const [chosen, setChosen] = useState<ReadonlyMap<Choice["key"], Choice>>(new Map())
  const abort = useRef(new AbortController())
  const search = useRef<HTMLInputElement>(null)
  /** Of this window: what was forwarded once is not forwarded again by another attempt. */
  const [occasion] = useState(() => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`)
  useEffect(() => {
    abort.current = new AbortController()
    return () => abort.current.abort()
  }, [])

  const found = useMemo<ReadonlyArray<Choice>>(() => {
    const saved: Choice = {
      key: "saved",
      name: words.list.saved,
      note: undefined,
      picture: <SavedAvatar size="s" />,
    }
    const others = chats
      .filter((chat) => chat.type !== "saved" && !isClosed(chat))
      .filter((chat) => matches(query, chatTitle(chat, words), chat.peer?.username ?? ""))
      .slice(0, shownAtMost)
      .map((chat): Choice => {
        const name = chatTitle(chat, words)
        return {
          key: chat.id,
          name,
          note: chat.type === "group" ? words.chat.members(chat.member_count) : `@${chat.peer?.username ?? ""}`,
          picture: <ChatAvatar chat={chat} size="s" />,
        }
      })
    return matches(query, saved.name) ? [saved, ...others] : others
  }, [chats, query, words])

  const targetOf = async ({ key, name }: Choice): Promise<Target> => ({
    id: key === "saved" ? (await client.openSaved()).id : key,
    name,
  })
  const send = async (choices: ReadonlyArray<Choice>) => {
    if (progress !== undefined) return
    const of = choices.length * messageIds.length
    const show = (done: number) => setProgress({ done, of })
    setFailures([])
    show(0)
    try {
      const { signal } = abort.current
      const targets = await Promise.all(choices.map(targetOf))
      const { done, failed } = await forwardToAll(client, targets, messageIds, occasion, signal, show)
      if (signal.aborted && done < of) {
        notice(forward.partly(done, of))
        return
      }
      if (failed.length === 0) {
        const [first] = targets
        if (targets.length > 1) notice(forward.doneAll(messageIds.length, targets.length))
        else if (first !== undefined) notice(forward.done(messageIds.length, first.name))
        onClose()
        onDone()
        return
      }
      // They stay chosen, to be tried again or left out.
      setChosen(
        new Map(
          choices.filter((_, i) => failed.some(({ target }) => target === targets[i])).map((one) => [one.key, one]),
        ),
      )
      setFailures(failed.map(({ failure, target }) => forward.failed(target.name, refusalText(failure))))
    } catch (cause) {
      setFailures([refusalText(cause)])
    }
    setProgress(undefined)
  }
  const toggle = (choice: Choice) => {
    const next = new Map(chosen)
    if (!next.delete(choice.key)) next.set(choice.key, choice)
    setChosen(next)
    if (query === "") return
    setQuery("")
    search.current?.focus()
  }

  const choosing = chosen.size > 0
  return (
    <Dialog title={forward.title(messageIds.length)} onClose={onClose}>
      <SearchPicker
        ref={search}
        label={forward.search}
        query={query}
        onQuery={setQuery}
        onEnter={() => {
          const [first] = found
          // Nobody forwards by accident: Enter needs a search.
          if (query.trim() === "" || first === undefined) return
          if (choosing) toggle(first)
          else void send([first])
        }}
      >
        {failures.length > 0 && (
          <div role="alert" className="notice notice-wrong">
            {failures.map((failure) => (
              <p key={failure}>{failure}</p>
            ))}
          </div>
        )}
        {progress !== undefined && progress.of > 1 && (
          <p role="status" className="dialog-text">
            {forward.sending(progress.done, progress.of)}
          </p>
        )}
        <ul className="people">
          {found.map((choice) => (
            <ChoiceLine
              key={choice.key}
              choice={choice}
              checked={chosen.has(choice.key)}
              choosing={choosing}
              disabled={progress !== undefined}
              onTake={() => void send([choice])}
              onToggle={() => toggle(choice)}
            />
          ))}
        </ul>
        {found.length === 0 && <p className="people-none">{forward.none}</p>}
      </SearchPicker>
      {choosing && (
        <div className="forward-send">
          <p className="dialog-text" dir="auto">
            {[...chosen.values()].map(({ name }) => name).join(", ")}
          </p>
          <button
            type="button"
            className="button button-main"
            disabled={progress !== undefined}
            onClick={() => void send([...chosen.values()])}
          >
            {forward.toChats(chosen.size)}
          </button>
        </div>
      )}
    </Dialog>
  )
}
