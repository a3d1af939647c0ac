// The user's own profile: name, appearance, notifications, password, signed-in devices and own data.
import { type FormEvent, useEffect, useState } from "react"
import { agoTime, deviceName } from "../format.ts"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { usePageWords } from "../i18n/usePageWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient, useMe } from "../model/hooks.ts"
import { askForNotifications, notificationsPossible } from "../notify.ts"
import { useMinute } from "../now.ts"
import { changeSettings, useSettings } from "../settings.ts"
import { Avatar } from "../ui/Avatar.tsx"
import { Dialog } from "../ui/Dialog.tsx"
import { Field } from "../ui/Field.tsx"
import { Icon } from "../ui/Icon.tsx"
import { attempt, notice, refusal, refusalText } from "../ui/notices.tsx"
import { LanguageChoice, ThemeChoice } from "../ui/Preferences.tsx"
import { MyData } from "./MyData.tsx"

const Name = () => {
  const words = useWords()
  const dialogs = useDialogWords()
  useMinute()
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

const Devices = () => {
  const words = useWords()
  const dialogs = useDialogWords()
  const client = useClient()
  const sessions = useChatState((state) => state.sessions)
  useEffect(() => {
    void attempt(client.loadSessions())
  }, [client])
  const sorted = [...(sessions ?? [])].sort((a, b) =>
    a.current !== b.current ? (a.current ? -1 : 1) : b.last_used_at.localeCompare(a.last_used_at),
  )
  return (
    <ul className="people">
      {sorted.map((session) => {
        const name = deviceName(session.user_agent, dialogs.profile.unknownDevice)
        return (
          <li key={session.id} className="member">
            <span className="person">
              <span className="round-icon">
                <Icon name="device" size={20} />
              </span>
              <span className="person-text">
                <span className="person-name">{name}</span>
                <span className="person-note">
                  {session.current
                    ? dialogs.profile.thisDevice
                    : dialogs.profile.lastUsed(agoTime(session.last_used_at, words))}
                </span>
              </span>
              {!session.current && (
                <button
                  type="button"
                  className="quiet-button quiet-danger"
                  aria-label={dialogs.profile.endDevice(name)}
                  onClick={() => void attempt(client.endSession(session.id).then(() => client.loadSessions()))}
                >
                  {dialogs.profile.end}
                </button>
              )}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

const Switch = ({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) => (
  <label className="switch">
    <span>{label}</span>
    <input type="checkbox" role="switch" checked={on} aria-checked={on} onChange={() => onChange(!on)} />
  </label>
)

export const Profile = ({ onClose, onSignOut }: { onClose: () => void; onSignOut: () => void }) => {
  const words = useWords()
  const dialogs = useDialogWords()
  const me = useMe()
  const { sound, notifications } = useSettings()
  const notify = async (on: boolean) => {
    const allowed = on && (await askForNotifications())
    changeSettings({ notifications: allowed })
    if (on && !allowed) notice(words.settings.notificationsDenied)
  }
  return (
    <Dialog title={dialogs.profile.title} onClose={onClose}>
      <div className="card">
        <Avatar id={me.id} name={me.display_name} size="l" />
        <p className="card-name" dir="auto">
          {me.display_name}
        </p>
        <p className="dialog-text">
          @{me.username} · {me.email}
        </p>
      </div>
      <div className="stack">
        <Name />
        <h3 className="dialog-section">{dialogs.profile.appearance}</h3>
        <ThemeChoice />
        <LanguageChoice />
        <Switch label={words.settings.sound} on={sound} onChange={(on) => changeSettings({ sound: on })} />
        {notificationsPossible() && (
          <Switch label={words.settings.notifications} on={notifications} onChange={(on) => void notify(on)} />
        )}
        <h3 className="dialog-section">{dialogs.profile.devices}</h3>
        <Devices />
        <h3 className="dialog-section">{dialogs.profile.password}</h3>
        <Password />
        <h3 className="dialog-section">{dialogs.profile.data}</h3>
        <MyData />
        <div className="way-out">
          <button type="button" className="quiet-button quiet-danger" onClick={onSignOut}>
            <Icon name="exit" size={20} />
            {words.list.signOut}
          </button>
        </div>
      </div>
    </Dialog>
  )
}
