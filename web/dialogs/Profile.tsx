// The user's own profile: who they are, and its parts.
import { useEffect, useRef, useState } from "react"
import { PictureChoice } from "../chat/files/PictureChoice.tsx"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { useMineWords } from "../i18n/useMineWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient, useMe } from "../model/hooks.ts"
import "../styles/mine.css"
import { Avatar } from "../ui/Avatar.tsx"
import { Dialog } from "../ui/Dialog.tsx"
import { Icon, type IconName } from "../ui/Icon.tsx"
import { attempt } from "../ui/notices.tsx"
import { LanguageChoice, ThemeChoice } from "../ui/Preferences.tsx"
import { Account } from "./profile/Account.tsx"
import { Devices } from "./profile/Devices.tsx"
import { Notifying } from "./profile/Notifying.tsx"
import { Privacy } from "./profile/Privacy.tsx"

const Appearance = () => (
  <div className="stack">
    <ThemeChoice />
    <LanguageChoice />
  </div>
)

const parts = { account: Account, notifications: Notifying, privacy: Privacy, appearance: Appearance, devices: Devices }
type Part = keyof typeof parts

const icons: Readonly<Record<Part, IconName>> = {
  account: "person",
  notifications: "bell",
  privacy: "lock",
  appearance: "palette",
  devices: "device",
}

export const Profile = ({ onClose, onSignOut }: { onClose: () => void; onSignOut: () => void }) => {
  const words = useWords()
  const dialogs = useDialogWords()
  const { profile } = useMineWords()
  const client = useClient()
  const me = useMe()
  const devices = useChatState((state) => state.sessions?.length)
  const [part, setPart] = useState<Part>()
  const left = useRef<Part>(undefined)
  useEffect(() => {
    void attempt(client.loadSessions())
  }, [client])
  // Back in the list, where one was; in a part, at its beginning.
  const list = useRef<HTMLUListElement>(null)
  const back = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (part !== undefined) back.current?.focus()
    else if (left.current !== undefined)
      list.current?.querySelector<HTMLElement>(`[data-part="${left.current}"]`)?.focus()
    left.current = part
  }, [part])
  const hints: Readonly<Record<Part, string>> = {
    account: profile.accountHint,
    notifications: profile.notificationsHint,
    privacy: profile.privacyHint,
    appearance: profile.appearanceHint,
    devices: devices === undefined ? "…" : profile.devicesHint(devices),
  }
  if (part !== undefined) {
    const Shown = parts[part]
    return (
      <Dialog title={profile[part]} onClose={onClose}>
        <button ref={back} type="button" className="quiet-button part-back" onClick={() => setPart(undefined)}>
          <Icon name="back" size={20} />
          {dialogs.profile.title}
        </button>
        <Shown />
      </Dialog>
    )
  }
  return (
    <Dialog title={dialogs.profile.title} onClose={onClose}>
      <div className="card">
        <Avatar id={me.id} name={me.display_name} picture={me.avatar} size="l" />
        <p className="card-name" dir="auto">
          {me.display_name}
        </p>
        <p className="dialog-text">
          @{me.username} · {me.email}
        </p>
        <PictureChoice picture={me.avatar} onChange={(avatar) => client.changeProfile({ avatar })} />
      </div>
      <ul ref={list} className="parts">
        {(Object.keys(parts) as ReadonlyArray<Part>).map((name) => (
          <li key={name}>
            <button type="button" className="person-button part" data-part={name} onClick={() => setPart(name)}>
              <span className="round-icon">
                <Icon name={icons[name]} size={20} />
              </span>
              <span className="person-text">
                <span className="person-name">{profile[name]}</span>
                <span className="person-note">{hints[name]}</span>
              </span>
              <Icon name="next" size={18} className="part-next" />
            </button>
          </li>
        ))}
      </ul>
      <div className="way-out">
        <button type="button" className="quiet-button" onClick={onSignOut}>
          <Icon name="exit" size={20} />
          {words.list.signOut}
        </button>
      </div>
    </Dialog>
  )
}
