// Takes the place of the text while a voice message is recorded.
import { useEffect, useRef } from "react"
import { useFileWords } from "../../i18n/useFileWords.ts"
import { Icon } from "../../ui/Icon.tsx"
import { notice } from "../../ui/notices.tsx"
import { lengthText } from "./lengthText.ts"
import { type Recording, useRecorder } from "./useRecorder.ts"

export const Recorder = ({ onSend, onClose }: { onSend: (recording: Recording) => void; onClose: () => void }) => {
  const words = useFileWords()
  const { finish, state } = useRecorder()
  const isSending = useRef(false)
  const cancel = useRef<HTMLButtonElement>(null)
  useEffect(() => cancel.current?.focus(), [])
  useEffect(() => {
    if (state !== null) return
    notice(words.noMicrophone)
    onClose()
  }, [state, words, onClose])
  const send = () => {
    if (isSending.current || !state) return
    isSending.current = true
    finish().then(
      (recording) => {
        onSend(recording)
        onClose()
      },
      () => {
        notice(words.noMicrophone)
        onClose()
      },
    )
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape discards, from each of its buttons
    <div
      className="recorder"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return
        event.preventDefault()
        event.stopPropagation()
        onClose()
      }}
    >
      <button ref={cancel} type="button" className="icon-button" aria-label={words.stopRecording} onClick={onClose}>
        <Icon name="trash" size={22} />
      </button>
      <span className="recorder-state">
        <span className="recorder-dot" style={{ scale: String(0.6 + (state?.level ?? 0) * 0.8) }} />
        <span role="status" className="visually-hidden">
          {state ? words.recording : ""}
        </span>
        <time>{lengthText(state?.seconds ?? 0)}</time>
      </span>
      <button type="button" className="send" disabled={!state} aria-label={words.sendRecording} onClick={send}>
        <Icon name="send" />
      </button>
    </div>
  )
}
