// The actions on all data of the user: export, or delete the account.
import { type FormEvent, useEffect, useId, useRef, useState } from "react"
import { at } from "../base.ts"
import { forgetFiles } from "../chat/files/keptFiles.ts"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useClient } from "../model/hooks.ts"
import { rememberSignedIn } from "../pages/signedIn.ts"
import { Field } from "../ui/Field.tsx"
import { attempt, refusal, refusalText } from "../ui/notices.tsx"

const fileName = "confab-export.json"

const saveAs = (data: unknown) => {
  const url = URL.createObjectURL(new Blob([JSON.stringify(data)], { type: "application/json" }))
  const link = document.createElement("a")
  link.href = url
  link.download = fileName
  link.click()
  URL.revokeObjectURL(url)
}

const ExportMine = () => {
  const dialogs = useDialogWords()
  const client = useClient()
  const link = useRef<HTMLAnchorElement>(null)
  const about = useId()
  // The browser saves the file as it arrives, authenticated by the cookie; a request before it makes sure that the
  // cookie is fresh. Over plain http the browser does not send the page's origin, and the server does not export to a
  // cookie alone.
  const save = async () => {
    if (!window.isSecureContext) await attempt(client.exportData().then(saveAs))
    else if (await attempt(client.loadSessions())) link.current?.click()
  }
  return (
    <>
      <p id={about} className="dialog-text">
        {dialogs.profile.exportText}
      </p>
      <button type="button" className="button" aria-describedby={about} onClick={() => void save()}>
        {dialogs.profile.export}
      </button>
      <a ref={link} href={at("/me/export")} download={fileName} hidden tabIndex={-1}>
        {dialogs.profile.export}
      </a>
    </>
  )
}

const DeletionForm = ({ onClose }: { onClose: () => void }) => {
  const words = useWords()
  const dialogs = useDialogWords()
  const client = useClient()
  const form = useRef<HTMLFormElement>(null)
  const about = useId()
  const [password, setPassword] = useState("")
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  useEffect(() => form.current?.querySelector("input")?.focus(), [])
  const remove = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setError(undefined)
    // The end of the session is expected, whichever event arrives first.
    rememberSignedIn(null)
    const { me } = client.getState()
    try {
      await client.deleteAccount(password)
      // Without storage there is nothing to delete.
      if (me !== null) await forgetFiles(me.id).catch(() => undefined)
    } catch (cause) {
      rememberSignedIn(client.getState().me?.id ?? null)
      setBusy(false)
      setError(refusal(cause) === "WrongPassword" ? dialogs.profile.wrongPassword : refusalText(cause))
      form.current?.querySelector("input")?.focus()
    }
  }
  return (
    <form ref={form} className="stack" aria-describedby={about} onSubmit={remove}>
      <p id={about} className="dialog-text">
        {dialogs.profile.deleteText}
      </p>
      <Field
        label={dialogs.profile.current}
        type="password"
        autoComplete="current-password"
        required
        value={password}
        error={error}
        onChange={(event) => setPassword(event.target.value)}
      />
      <div className="row-end">
        <button type="button" className="button" onClick={onClose}>
          {words.cancel}
        </button>
        <button type="submit" className="button button-danger" disabled={busy}>
          {dialogs.profile.deleteForever}
        </button>
      </div>
    </form>
  )
}

export const MyData = () => {
  const dialogs = useDialogWords()
  const [leaving, setLeaving] = useState(false)
  return (
    <>
      <ExportMine />
      {leaving ? (
        <DeletionForm onClose={() => setLeaving(false)} />
      ) : (
        <div className="way-out">
          <button type="button" className="quiet-button quiet-danger" onClick={() => setLeaving(true)}>
            {dialogs.profile.delete}
          </button>
        </div>
      )}
    </>
  )
}
