// Where messages are written: grows with the text, keeps drafts, answers and edits.
import { type KeyboardEvent, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "react"
import type { ChatView } from "../../src/client/ChatState.ts"
import { countCharacters } from "../countCharacters.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useClient } from "../model/hooks.ts"
import { Icon } from "../ui/Icon.tsx"
import { attempt } from "../ui/notices.tsx"

export interface ComposerHandle {
  focus(): void
}

export type ComposerMode =
  | { readonly kind: "write" }
  | { readonly kind: "reply"; readonly entry: Entry; readonly name: string }
  | { readonly kind: "edit"; readonly entry: Entry }

const maxLength = 4_096
const warnAt = 3_900

export const Composer = ({
  ref,
  chat,
  mode,
  onMode,
  onSent,
  onEditLast,
}: {
  ref: Ref<ComposerHandle>
  chat: ChatView
  mode: ComposerMode
  onMode: (mode: ComposerMode) => void
  onSent: () => void
  onEditLast: () => boolean
}) => {
  const words = useWords()
  const client = useClient()
  const area = useRef<HTMLTextAreaElement>(null)
  const [text, setText] = useState(chat.draft)
  const editing = mode.kind === "edit" ? mode.entry : undefined
  const wasEditing = useRef(false)

  // Another tab, or the storage that has only now been read, may bring a draft; what was typed here since stays.
  const { draft } = chat
  const lastDraft = useRef(draft)
  useEffect(() => {
    const before = lastDraft.current
    lastDraft.current = draft
    if (!wasEditing.current) setText((now) => (now === before ? draft : now))
  }, [draft])

  useEffect(() => {
    if (editing !== undefined) {
      wasEditing.current = true
      setText(editing.text)
    } else if (wasEditing.current) {
      wasEditing.current = false
      setText(client.getState().chatById.get(chat.id)?.draft ?? "")
    }
  }, [editing, client, chat.id])

  useEffect(() => {
    if (mode.kind === "write") return
    const box = area.current
    box?.focus()
    box?.setSelectionRange(box.value.length, box.value.length)
  }, [mode])

  useLayoutEffect(() => {
    const box = area.current
    if (box === null) return
    box.style.height = "auto"
    box.style.height = `${box.scrollHeight + 2}px`
    void text
  }, [text])

  useImperativeHandle(ref, () => ({ focus: () => area.current?.focus() }), [])

  const length = countCharacters(text)
  const over = length - maxLength
  const canSend = text.trim() !== "" && over <= 0

  const change = (next: string) => {
    setText(next)
    if (editing !== undefined) return
    client.setDraft(chat.id, next)
    client.setTyping(chat.id, next.trim() !== "")
  }

  const submit = () => {
    if (!canSend) return
    if (editing !== undefined) {
      const { id } = editing
      onMode({ kind: "write" })
      if (id !== null && text !== editing.text) void attempt(client.edit(id, text))
      return
    }
    const replyTo = mode.kind === "reply" ? mode.entry.id : null
    client.send(chat.id, text, replyTo === null ? {} : { replyTo })
    client.setDraft(chat.id, "")
    client.setTyping(chat.id, false)
    setText("")
    onMode({ kind: "write" })
    onSent()
  }

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault()
      submit()
    } else if (event.key === "ArrowUp" && text === "" && mode.kind === "write" && !event.altKey) {
      if (onEditLast()) event.preventDefault()
    } else if (event.key === "Escape" && mode.kind !== "write") {
      event.preventDefault()
      event.stopPropagation()
      onMode({ kind: "write" })
    }
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      {mode.kind !== "write" && (
        <div className="composer-about">
          <Icon name={mode.kind === "edit" ? "pencil" : "reply"} size={20} />
          <span className="composer-about-text">
            <span className="quote-name" dir="auto">
              {mode.kind === "edit" ? words.composer.editing : words.composer.replyingTo(mode.name)}
            </span>
            <span className="quote-text" dir="auto">
              {mode.entry.text.slice(0, 240)}
            </span>
          </span>
          <button
            type="button"
            className="icon-button"
            aria-label={words.composer.stop}
            onClick={() => {
              onMode({ kind: "write" })
              area.current?.focus()
            }}
          >
            <Icon name="close" size={20} />
          </button>
        </div>
      )}
      {length > warnAt && (
        <p className={over > 0 ? "composer-length composer-length-over" : "composer-length"} role="status">
          {over > 0 ? words.composer.tooLong(over) : words.composer.left(-over)}
        </p>
      )}
      <div className="composer-row">
        <textarea
          ref={area}
          rows={1}
          dir="auto"
          aria-label={words.composer.label}
          placeholder={words.composer.placeholder}
          enterKeyHint="send"
          value={text}
          aria-invalid={over > 0}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          className="send"
          disabled={!canSend}
          aria-label={editing === undefined ? words.composer.send : words.composer.save}
          onPointerDown={(event) => event.preventDefault()}
        >
          <Icon name={editing === undefined ? "send" : "check"} />
        </button>
      </div>
    </form>
  )
}
