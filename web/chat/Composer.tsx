// The field in which messages are written: grows with the text, keeps drafts, replies and edits.
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { MessageId } from "../../src/domain/Ids.ts"
import { countCharacters } from "../countCharacters.ts"
import { useFileWords } from "../i18n/useFileWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useClient } from "../model/hooks.ts"
import { Icon } from "../ui/Icon.tsx"
import { later } from "../ui/later.tsx"
import { attempt, refusalText } from "../ui/notices.tsx"
import { useCoarsePointer } from "../useMedia.ts"
import { EmojiButton } from "./compose/EmojiButton.tsx"
import { formatByKey, pasteLink } from "./compose/formatting.ts"
import { useCompletion } from "./compose/useCompletion.tsx"
import { useFileLimit } from "./files/offer.ts"
import { canRecord, type Recording } from "./files/useRecorder.ts"
import { filesOf, isRefused, mostInMessage, useTray } from "./files/useTray.ts"
import { SendButton } from "./SendButton.tsx"
import { type ComposerMode, writing } from "./unfinished.ts"

const Tray = later(() => import("./windows.ts").then(({ Tray }) => Tray))
const Recorder = later(() => import("./windows.ts").then(({ Recorder }) => Recorder))
/** What is written in a thread: a draft of its own, and a reply to the root unless to another message. */
export interface ThreadWriting {
  readonly root: MessageId
  readonly draft: string
  readonly label: string
  readonly placeholder: string
  setDraft(text: string): void
}

export interface ComposerHandle {
  focus(): void
}

const maxLength = 4_096
const warnAt = 3_900

export const Composer = ({
  ref,
  chat,
  thread,
  mode,
  onMode,
  onSent,
  onEditLast,
}: {
  ref: Ref<ComposerHandle>
  chat: ChatView
  /** Undefined in the chat itself. */
  thread?: ThreadWriting
  mode: ComposerMode
  onMode: (mode: ComposerMode) => void
  onSent: () => void
  onEditLast: () => boolean
}) => {
  const words = useWords()
  const fileWords = useFileWords()
  const client = useClient()
  const area = useRef<HTMLTextAreaElement>(null)
  const coarse = useCoarsePointer()
  const editing = mode.kind === "edit" ? mode : undefined
  const draft = thread === undefined ? chat.draft : thread.draft
  const [written, setWritten] = useState(draft)
  const text = editing?.typed ?? written
  /** Not for a mode that began earlier: the user may have come to read. */
  const focusOnMode = useRef(mode.kind === "write")
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<string>()
  const limit = useFileLimit()
  const tray = useTray(chat.id, thread?.root)
  const { files } = tray
  const picker = useRef<HTMLInputElement>(null)
  const [recording, setRecording] = useState(false)
  const takesFiles = limit !== null && editing === undefined

  // Another tab, or storage that has just been read, may bring a draft; text that was typed here since then stays.
  const lastDraft = useRef(draft)
  useEffect(() => {
    const before = lastDraft.current
    lastDraft.current = draft
    setWritten((now) => (now === before ? draft : now))
  }, [draft])

  const about = mode.kind === "write" ? undefined : mode.id
  useEffect(() => {
    setRefused(undefined)
    if (about === undefined || !focusOnMode.current) {
      focusOnMode.current = true
      return
    }
    const box = area.current
    box?.focus()
    box?.setSelectionRange(box.value.length, box.value.length)
  }, [about])

  const hasFiles = files.length > 0 && editing === undefined
  useLayoutEffect(() => {
    const box = area.current
    if (box === null) return
    box.style.height = "auto"
    box.style.height = `${box.scrollHeight + 2}px`
    void text
    void hasFiles
  }, [text, hasFiles])

  useImperativeHandle(ref, () => ({ focus: () => area.current?.focus() }), [])

  const length = countCharacters(text)
  const over = length - maxLength
  const canSend = over <= 0 && (hasFiles ? !files.some((one) => isRefused(one, limit)) : text.trim() !== "")

  const keepDraft = (next: string) => (thread === undefined ? client.setDraft(chat.id, next) : thread.setDraft(next))

  const change = (next: string) => {
    setRefused(undefined)
    if (editing !== undefined) {
      onMode({ ...editing, typed: next })
      return
    }
    setWritten(next)
    keepDraft(next)
    client.setTyping(chat.id, next.trim() !== "")
  }

  /** The edit stays open until the server has accepted it. */
  const saveEdit = async ({ id, text: before }: { readonly id: MessageId; readonly text: string }) => {
    const next = text.trim()
    if (next !== before) {
      setBusy(true)
      try {
        await client.edit(id, next)
      } catch (cause) {
        setRefused(refusalText(cause))
        return
      } finally {
        setBusy(false)
      }
    }
    onMode(writing)
  }

  const replyTo = mode.kind === "reply" ? mode.id : thread?.root
  const replying = replyTo === undefined ? {} : { replyTo }

  const submit = () => {
    if (!canSend || busy) return
    if (editing !== undefined) {
      void saveEdit(editing)
      return
    }
    try {
      if (hasFiles) tray.send(client, text.trim(), replyTo)
      else client.send(chat.id, text.trim(), replying)
    } catch (cause) {
      setRefused(refusalText(cause))
      return
    }
    empty()
    onSent()
  }

  const empty = () => {
    keepDraft("")
    client.setTyping(chat.id, false)
    setWritten("")
    onMode(writing)
  }

  const sendLater = async (at: Date): Promise<boolean> => {
    const schedule = async () => {
      const attachments = hasFiles ? { attachments: await tray.upload(client) } : {}
      return client.schedule(chat.id, at, text.trim(), { ...replying, ...attachments })
    }
    const accepted = await attempt(schedule())
    if (accepted) {
      if (hasFiles) tray.clear()
      empty()
    }
    return accepted
  }

  const completion = useCompletion(area, chat)
  const sendVoice = ({ durationMs, file, waveform }: Recording) => {
    client.send(chat.id, "", { files: [{ content: file, as: "voice", durationMs, waveform }], ...replying })
    onMode(writing)
    onSent()
  }

  const onPaste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    const pasted = takesFiles ? filesOf(event.clipboardData) : []
    if (pasted.length === 0) {
      pasteLink(event)
      return
    }
    event.preventDefault()
    tray.attach(pasted)
  }

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (completion.onKeyDown(event) || formatByKey(event)) return
    // Touch keyboards have no Shift+Enter: there Enter breaks the line, and the button sends.
    const sends = coarse ? event.ctrlKey || event.metaKey : !event.shiftKey
    if (event.key === "Enter" && sends) {
      event.preventDefault()
      submit()
    } else if (event.key === "ArrowUp" && text === "" && mode.kind === "write" && !event.altKey) {
      if (onEditLast()) event.preventDefault()
    } else if (event.key === "Escape" && mode.kind !== "write") {
      event.preventDefault()
      event.stopPropagation()
      onMode(writing)
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
              {mode.text.slice(0, 240)}
            </span>
          </span>
          <button
            type="button"
            className="icon-button"
            aria-label={words.composer.stop}
            onClick={() => {
              onMode(writing)
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
      {refused !== undefined && (
        <p className="composer-refused" role="alert">
          {refused}
        </p>
      )}
      {completion.list}
      {hasFiles && <Tray tray={tray} limit={limit} />}
      {recording && (
        <Recorder
          onSend={sendVoice}
          onClose={() => {
            setRecording(false)
            area.current?.focus()
          }}
        />
      )}
      <div className="composer-row" hidden={recording}>
        {takesFiles && (
          <>
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              onChange={({ target }) => {
                tray.attach([...(target.files ?? [])])
                // The same file can be chosen again.
                target.value = ""
                area.current?.focus()
              }}
            />
            <button
              type="button"
              className="icon-button composer-attach"
              aria-label={fileWords.attach}
              title={fileWords.attach}
              onClick={() => picker.current?.click()}
            >
              <Icon name="clip" />
            </button>
          </>
        )}
        <div className="composer-box">
          <textarea
            ref={area}
            rows={1}
            dir="auto"
            aria-label={thread?.label ?? words.composer.label}
            placeholder={hasFiles ? fileWords.caption : (thread?.placeholder ?? words.composer.placeholder)}
            enterKeyHint={coarse ? "enter" : "send"}
            value={text}
            aria-invalid={over > 0}
            {...completion.field}
            onChange={(event) => change(event.target.value)}
            onSelect={completion.look}
            onBlur={completion.close}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
          />
          {!coarse && <EmojiButton area={area} />}
        </div>
        {takesFiles && text === "" && !hasFiles && canRecord() && (
          <button
            type="button"
            className="icon-button composer-record"
            aria-label={fileWords.record}
            title={fileWords.record}
            onClick={() => setRecording(true)}
          >
            <Icon name="mic" />
          </button>
        )}
        <SendButton
          disabled={!canSend || busy}
          label={editing === undefined ? words.composer.send : words.composer.save}
          icon={editing === undefined ? "send" : "check"}
          onLater={editing === undefined && files.length <= mostInMessage ? sendLater : undefined}
        />
      </div>
    </form>
  )
}
