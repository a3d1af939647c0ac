// One's own settings of a chat, in its info: pinned, archived, notifications, muted; and blocking the other one.
import { useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import { ChatMenu } from "../chat/ChatMenu.tsx"
import { chatTitle, isClosed } from "../chat/names.ts"
import { fullDay } from "../format.ts"
import { useMineWords } from "../i18n/useMineWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { forEver, isArchived, isMuted, isPinned } from "../model/quiet.ts"
import { useMinute } from "../now.ts"
import "../styles/mine.css"
import { Confirm } from "../ui/Dialog.tsx"
import { Icon } from "../ui/Icon.tsx"
import { below, type MenuPlace } from "../ui/Menu.tsx"
import { attempt } from "../ui/notices.tsx"
import { Choice } from "../ui/Preferences.tsx"
import { Switch } from "../ui/Switch.tsx"

const Muting = ({ chat }: { chat: ChatView }) => {
  const words = useWords()
  const { chat: own } = useMineWords()
  const client = useClient()
  useMinute()
  const [place, setPlace] = useState<MenuPlace>()
  const until = chat.settings?.muted_until ?? null
  // The level is a setting of its own here.
  const muted = until !== null && isMuted({ settings: { muted_until: until } }, Date.now())
  return (
    <div className="setting-line">
      <span className="setting-text">
        {!muted
          ? own.notMuted
          : until >= forEver.slice(0, 10)
            ? own.mutedForEver
            : own.mutedUntil(fullDay(until, words))}
      </span>
      <button
        type="button"
        className="quiet-button"
        aria-haspopup={muted ? undefined : "menu"}
        onClick={(event) =>
          muted
            ? void attempt(client.changeChatSettings(chat.id, { muted_until: null }))
            : setPlace(below(event.currentTarget))
        }
      >
        <Icon name={muted ? "bell" : "bellOff"} size={20} />
        {muted ? own.unmute : own.mute}
      </button>
      {place !== undefined && <ChatMenu chat={chat} place={place} part="mute" onClose={() => setPlace(undefined)} />}
    </div>
  )
}

const Blocking = ({ chat }: { chat: ChatView }) => {
  const words = useWords()
  const { block: own } = useMineWords()
  const client = useClient()
  const { peer } = chat
  const blocked = useChatState((state) => peer !== null && state.blocks.has(peer.id))
  const [asking, setAsking] = useState(false)
  if (peer === null || isClosed(chat)) return null
  return (
    <div className="way-out">
      <button
        type="button"
        className={blocked ? "quiet-button" : "quiet-button quiet-danger"}
        onClick={() => (blocked ? void attempt(client.unblock(peer.id)) : setAsking(true))}
      >
        <Icon name="block" size={20} />
        {blocked ? own.unblock : own.block}
      </button>
      {asking && (
        <Confirm
          title={own.title(chatTitle(chat, words))}
          text={own.text}
          action={own.block}
          onClose={() => setAsking(false)}
          onConfirm={() => void attempt(client.block(peer.id))}
        />
      )}
    </div>
  )
}

export const ChatSettings = ({ chat }: { chat: ChatView }) => {
  const { chat: own } = useMineWords()
  const client = useClient()
  const set: typeof client.changeChatSettings = async (id, change) => {
    await attempt(client.changeChatSettings(id, change))
  }
  return (
    <section className="stack chat-settings" aria-label={own.settings}>
      <Switch
        label={own.pinned}
        on={isPinned(chat)}
        onChange={(on) => void set(chat.id, { pinned_at: on ? new Date().toISOString() : null })}
      />
      <Switch
        label={own.archived}
        on={isArchived(chat)}
        onChange={(on) => void set(chat.id, { archived: on ? true : null })}
      />
      {chat.type !== "saved" && (
        <>
          <Choice
            legend={own.level}
            value={chat.settings?.level ?? "all"}
            options={[
              ["all", own.levels.all],
              ["mentions", own.levels.mentions],
              ["none", own.levels.none],
            ]}
            onChange={(level) => void set(chat.id, { level: level === "all" ? null : level })}
          />
          <Muting chat={chat} />
        </>
      )}
      <Blocking chat={chat} />
    </section>
  )
}
