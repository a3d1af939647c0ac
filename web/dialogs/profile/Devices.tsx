// The part of the profile about signed-in devices: end one of them, or all but this one.
import { useEffect, useState } from "react"
import type { DeviceSession } from "../../../src/client/state/ChatState.ts"
import { agoTime, deviceName } from "../../format.ts"
import { useDialogWords } from "../../i18n/useDialogWords.ts"
import { useMineWords } from "../../i18n/useMineWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { useChatState, useClient } from "../../model/hooks.ts"
import { useMinute } from "../../now.ts"
import { Confirm } from "../../ui/Dialog.tsx"
import { Icon } from "../../ui/Icon.tsx"
import { attempt } from "../../ui/notices.tsx"

const Device = ({ session }: { session: DeviceSession }) => {
  const words = useWords()
  const { profile } = useDialogWords()
  const client = useClient()
  const name = deviceName(session.user_agent, profile.unknownDevice)
  return (
    <li className="member">
      <span className="person">
        <span className="round-icon">
          <Icon name="device" size={20} />
        </span>
        <span className="person-text">
          <span className="person-name">{name}</span>
          <span className="person-note">
            {session.current ? profile.thisDevice : profile.lastUsed(agoTime(session.last_used_at, words))}
          </span>
        </span>
        {!session.current && (
          <button
            type="button"
            className="quiet-button quiet-danger"
            aria-label={profile.endDevice(name)}
            onClick={() => void attempt(client.endSession(session.id).then(() => client.loadSessions()))}
          >
            {profile.end}
          </button>
        )}
      </span>
    </li>
  )
}

export const Devices = () => {
  const { profile: words } = useMineWords()
  const client = useClient()
  useMinute()
  const sessions = useChatState((state) => state.sessions)
  const [asking, setAsking] = useState(false)
  useEffect(() => {
    void attempt(client.loadSessions())
  }, [client])
  const others = (sessions ?? []).filter(({ current }) => !current)
  const newestFirst = [...others].sort((a, b) => b.last_used_at.localeCompare(a.last_used_at))
  // Each by itself: those that fail are still in the list.
  const endOthers = async () => {
    const ends = await Promise.allSettled(others.map(({ id }) => client.endSession(id)))
    const failed = ends.find((end) => end.status === "rejected")
    await attempt(client.loadSessions().then(() => failed && Promise.reject(failed.reason)))
  }
  return (
    <div className="stack">
      <h3 className="dialog-section">{words.onThisDevice}</h3>
      <ul className="people">
        {(sessions ?? [])
          .filter(({ current }) => current)
          .map((session) => (
            <Device key={session.id} session={session} />
          ))}
      </ul>
      <h3 className="dialog-section">{words.otherDevices}</h3>
      {sessions !== null && others.length === 0 && <p className="dialog-text">{words.noOthers}</p>}
      {others.length > 0 && (
        <button type="button" className="button button-wide" onClick={() => setAsking(true)}>
          <Icon name="exit" size={20} />
          {words.endOthers}
        </button>
      )}
      <ul className="people">
        {newestFirst.map((session) => (
          <Device key={session.id} session={session} />
        ))}
      </ul>
      {asking && (
        <Confirm
          title={words.endOthersTitle}
          text={words.endOthersText}
          action={words.endOthers}
          onClose={() => setAsking(false)}
          onConfirm={() => void endOthers()}
        />
      )}
    </div>
  )
}
