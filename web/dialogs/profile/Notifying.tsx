// The part of the profile about notifications: sound and permission of this browser, and what they show everywhere.
import { useMineWords } from "../../i18n/useMineWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { useChatState, useClient } from "../../model/hooks.ts"
import { askForNotifications, notificationsPossible } from "../../notify.ts"
import { changeSettings, useSettings } from "../../settings.ts"
import { attempt, notice } from "../../ui/notices.tsx"
import { Choice } from "../../ui/Preferences.tsx"
import { Switch } from "../../ui/Switch.tsx"

export const Notifying = () => {
  const words = useWords()
  const { profile } = useMineWords()
  const client = useClient()
  const { notifications, sound } = useSettings()
  const shows = useChatState((state) => state.settings.notify ?? "full")
  const allow = async (on: boolean) => {
    const allowed = on && (await askForNotifications())
    changeSettings({ notifications: allowed })
    if (on && !allowed) notice(words.settings.notificationsDenied)
  }
  return (
    <div className="stack">
      <Switch label={words.settings.sound} on={sound} onChange={(on) => changeSettings({ sound: on })} />
      {notificationsPossible() && (
        <Switch label={words.settings.notifications} on={notifications} onChange={(on) => void allow(on)} />
      )}
      <Choice
        legend={profile.show}
        value={shows}
        options={[
          ["full", profile.shows.full],
          ["name", profile.shows.name],
          ["none", profile.shows.none],
        ]}
        onChange={(notify) => void attempt(client.changeSettings({ notify: notify === "full" ? null : notify }))}
      />
      <p className="setting-about">{profile.showText}</p>
    </div>
  )
}
