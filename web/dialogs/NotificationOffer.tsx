// Offers notifications once per browser: after the first message that the user sends, when their purpose is clear.
import { useEffect, useState } from "react"
import { useWords } from "../i18n/useWords.ts"
import { useClient } from "../model/hooks.ts"
import { askForNotifications, notificationsPossible } from "../notify.ts"
import { changeSettings, getSettings } from "../settings.ts"

const mayOffer = (): boolean =>
  notificationsPossible() && Notification.permission === "default" && !getSettings().notificationsOffered

export const NotificationOffer = () => {
  const words = useWords()
  const client = useClient()
  const [shown, setShown] = useState(false)
  useEffect(
    () =>
      client.onEvent((frame) => {
        if (frame.type === "message" && frame.sender_id === client.getState().me?.id && mayOffer()) setShown(true)
      }),
    [client],
  )
  if (!shown) return null
  const done = () => {
    changeSettings({ notificationsOffered: true })
    setShown(false)
  }
  return (
    <section className="offer" aria-label={words.settings.notifications}>
      <p>{words.settings.offer}</p>
      <button
        type="button"
        className="button button-main"
        onClick={() => {
          done()
          void askForNotifications().then((granted) => changeSettings({ notifications: granted }))
        }}
      >
        {words.settings.offerYes}
      </button>
      <button type="button" className="button" onClick={done}>
        {words.settings.offerNo}
      </button>
    </section>
  )
}
