// For somebody without chats: people to write to, a link to invite others with, a chat with oneself, notifications.
import { useState } from "react"
import type { ChatId } from "../../src/domain/Ids.ts"
import { at } from "../base.ts"
import { useMineWords } from "../i18n/useMineWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useClient, useMe } from "../model/hooks.ts"
import { askForNotifications, notificationsPossible } from "../notify.ts"
import { useSignUp } from "../pages/useSignUp.ts"
import { changeSettings, useSettings } from "../settings.ts"
import "../styles/mine.css"
import { Avatar } from "../ui/Avatar.tsx"
import { Icon, type IconName } from "../ui/Icon.tsx"
import { attempt, notice } from "../ui/notices.tsx"
import { copyText } from "./copyText.ts"
import { usePeople } from "./usePeople.ts"

/** As many as fit without a scroll bar. */
const most = 5

const Step = ({ icon, title, hint, act }: { icon: IconName; title: string; hint?: string; act: () => void }) => (
  <button type="button" className="person-button step" onClick={act}>
    <span className="round-icon">
      <Icon name={icon} size={20} />
    </span>
    <span className="person-text">
      <span className="person-name">{title}</span>
      {hint !== undefined && <span className="person-note">{hint}</span>}
    </span>
  </button>
)

export const FirstSteps = ({
  onChat,
  onOpen,
}: {
  onChat: (id: ChatId) => void
  onOpen: (dialog: "chat" | "group") => void
}) => {
  const { welcome } = useMineWords()
  const words = useWords()
  const client = useClient()
  const me = useMe()
  const people = usePeople("", true)
  const others = people.items.filter(({ id }) => id !== me.id)
  const signUp = useSignUp()
  const { notifications } = useSettings()
  const [isAsked, setAsked] = useState(false)
  const link = location.origin + at("/register")
  const mayNotify = notificationsPossible() && !notifications && !isAsked && Notification.permission !== "denied"
  const notify = async () => {
    const allowed = await askForNotifications()
    setAsked(true)
    changeSettings({ notifications: allowed, notificationsOffered: true })
    if (!allowed) notice(words.settings.notificationsDenied)
  }
  return (
    <section className="first-steps" aria-label={welcome.title}>
      {others.length > 0 && (
        <>
          <h2 className="list-section">{welcome.people}</h2>
          <ul className="people">
            {others.slice(0, most).map((user) => (
              <li key={user.id}>
                <button
                  type="button"
                  className="person-button step"
                  onClick={() => void attempt(client.openPrivate(user.id).then(({ id }) => onChat(id)))}
                >
                  <Avatar id={user.id} name={user.display_name} size="s" />
                  <span className="person-text">
                    <span className="person-name" dir="auto">
                      {user.display_name}
                    </span>
                    <span className="person-note">@{user.username}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <Step icon="search" title={welcome.find} act={() => onOpen("chat")} />
      <Step icon="people" title={welcome.group} act={() => onOpen("group")} />
      <Step
        icon="bookmark"
        title={welcome.saved}
        hint={welcome.savedHint}
        act={() => void attempt(client.openSaved().then(({ id }) => onChat(id)))}
      />
      {mayNotify && <Step icon="bell" title={welcome.notify} hint={welcome.notifyHint} act={() => void notify()} />}
      {signUp === "open" && (
        <div className="invite">
          <p>{welcome.invite}</p>
          <div className="invite-line">
            <code>{link}</code>
            <button
              type="button"
              className="button"
              onClick={() => void copyText(link).then((copied) => copied && notice(welcome.copied))}
            >
              {welcome.copy}
            </button>
          </div>
        </div>
      )}
    </section>
  )
}
