// Chooses when a message is sent; with `text`, also what is sent then.
import { type FormEvent, useId, useState } from "react"
import { fromField, maxDays, presets, toField } from "../chat/scheduleTimes.ts"
import { fullDay } from "../format.ts"
import { useMineWords } from "../i18n/useMineWords.ts"
import { useWords } from "../i18n/useWords.ts"
import "../styles/mine.css"
import { Dialog } from "../ui/Dialog.tsx"
import { Field } from "../ui/Field.tsx"

export const ScheduleDialog = ({
  title,
  at: former,
  text: formerText,
  mayBeEmpty = false,
  onSet,
  onClose,
}: {
  title: string
  at?: Date
  text?: string
  /** It has files. */
  mayBeEmpty?: boolean
  /** Resolves with whether it was accepted. */
  onSet: (at: Date, text: string) => Promise<boolean>
  onClose: () => void
}) => {
  const words = useWords()
  const { schedule } = useMineWords()
  const [now] = useState(() => new Date())
  const [own, setOwn] = useState(() => toField(former ?? new Date(now.getTime() + 3_600_000)))
  const [text, setText] = useState(formerText ?? "")
  const [isWrong, setWrong] = useState(false)
  const [busy, setBusy] = useState(false)
  const textId = useId()
  const set = async (at: Date | undefined) => {
    if (busy) return
    if (at === undefined) {
      setWrong(true)
      return
    }
    setBusy(true)
    if (await onSet(at, text.trim())) onClose()
    else setBusy(false)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // The window may belong to a part of another form, which sends.
    event.stopPropagation()
    void set(fromField(own, new Date()))
  }
  return (
    <Dialog title={title} onClose={onClose} narrow>
      <form className="stack" onSubmit={submit} noValidate>
        {formerText !== undefined && (
          <div className="field">
            <label htmlFor={textId}>{schedule.text}</label>
            <textarea
              id={textId}
              className="text-input scheduled-text"
              dir="auto"
              rows={3}
              maxLength={4_096}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </div>
        )}
        {formerText === undefined && (
          <ul className="presets">
            {presets(now).map(({ name, at }) => (
              <li key={name}>
                <button type="button" className="preset" disabled={busy} onClick={() => void set(at)}>
                  <span>{schedule.presets[name]}</span>
                  <span className="preset-time">{fullDay(at.toISOString(), words)}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
        <Field
          label={schedule.own}
          type="datetime-local"
          min={toField(now)}
          max={toField(new Date(now.getTime() + maxDays * 86_400_000))}
          value={own}
          error={isWrong ? schedule.bad : undefined}
          onChange={(event) => {
            setOwn(event.target.value)
            setWrong(false)
          }}
        />
        <div className="row-end">
          <button type="button" className="button" onClick={onClose}>
            {words.cancel}
          </button>
          <button
            type="submit"
            className="button button-main"
            disabled={busy || (formerText !== undefined && !mayBeEmpty && text.trim() === "")}
          >
            {formerText === undefined ? schedule.set : words.save}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
