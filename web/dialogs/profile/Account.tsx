// The part of the profile about the account: name, password, one's data, and the way out.
import { type FormEvent, useState } from "react"
import { useDialogWords } from "../../i18n/useDialogWords.ts"
import { usePageWords } from "../../i18n/usePageWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { useClient, useMe } from "../../model/hooks.ts"
import { Field } from "../../ui/Field.tsx"
import { attempt, notice, refusal, refusalText } from "../../ui/notices.tsx"
import { MyData } from "../MyData.tsx"

const Name = () => {
  const words = useWords()
  const dialogs = useDialogWords()
  const client = useClient()
  const me = useMe()
  const [name, setName] = useState(me.display_name)
  const changed = name.trim() !== "" && name.trim() !== me.display_name
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (changed && (await attempt(client.setDisplayName(name.trim())))) notice(words.saved)
  }
  return (
    <form className="rename rename-wide" onSubmit={save}>
      <Field
        label={dialogs.profile.name}
        value={name}
        maxLength={64}
        autoComplete="name"
        dir="auto"
        onChange={(event) => setName(event.target.value)}
      />
      <button type="submit" className="button button-main" disabled={!changed}>
        {words.save}
      </button>
    </form>
  )
}

const Password = () => {
  const words = useWords()
  const dialogs = useDialogWords()
  const pages = usePageWords()
  const client = useClient()
  const [open, setOpen] = useState(false)
  const [current, setCurrent] = useState("")
  const [next, setNext] = useState("")
  const [errors, setErrors] = useState<{ current?: string; next?: string }>({})
  if (!open) {
    return (
      <button type="button" className="button" onClick={() => setOpen(true)}>
        {dialogs.profile.changePassword}
      </button>
    )
  }
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if ([...next].length < 8) {
      setErrors({ next: pages.auth.passwordBad })
      return
    }
    try {
      await client.changePassword(current, next)
      notice(dialogs.profile.passwordChanged)
      setOpen(false)
      setCurrent("")
      setNext("")
      setErrors({})
      void client.loadSessions().catch(() => undefined)
    } catch (cause) {
      const tag = refusal(cause)
      setErrors(
        tag === "WrongPassword"
          ? { current: dialogs.profile.wrongPassword }
          : { next: tag === "InvalidInput" ? pages.auth.passwordBad : refusalText(cause) },
      )
    }
  }
  return (
    <form className="stack" onSubmit={save}>
      <Field
        label={dialogs.profile.current}
        type="password"
        autoComplete="current-password"
        required
        value={current}
        error={errors.current}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <Field
        label={dialogs.profile.next}
        type="password"
        autoComplete="new-password"
        required
        value={next}
        hint={pages.auth.passwordHint}
        error={errors.next}
        onChange={(event) => setNext(event.target.value)}
      />
      <div className="row-end">
        <button type="button" className="button" onClick={() => setOpen(false)}>
          {words.cancel}
        </button>
        <button type="submit" className="button button-main">
          {dialogs.profile.changePassword}
        </button>
      </div>
    </form>
  )
}

export const Account = () => {
  const dialogs = useDialogWords()
  return (
    <div className="stack">
      <Name />
      <h3 className="dialog-section">{dialogs.profile.password}</h3>
      <Password />
      <h3 className="dialog-section">{dialogs.profile.data}</h3>
      <MyData />
    </div>
  )
}
