// The menu of a chat in the list and in its info: read, pin, mute, notifications, archive.
import { useState } from "react"
import type { ChatSettingsChange, ChatView } from "../../src/client/state/ChatState.ts"
import { useMineWords } from "../i18n/useMineWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useClient } from "../model/hooks.ts"
import { forEver, isArchived, isMuted, isPinned, isUnread } from "../model/quiet.ts"
import { Menu, type MenuItem, type MenuPlace } from "../ui/Menu.tsx"
import { attempt } from "../ui/notices.tsx"
import { chatTitle } from "./names.ts"

const hourMillis = 3_600_000

type Part = "all" | "mute" | "notify"

export const ChatMenu = ({
  chat,
  place,
  part: first = "all",
  before = [],
  onClose,
}: {
  chat: ChatView
  place: MenuPlace
  part?: Part
  /** More actions, above the others. */
  before?: ReadonlyArray<MenuItem>
  onClose: () => void
}) => {
  const client = useClient()
  const words = useMineWords()
  const base = useWords()
  const [part, setPart] = useState<Part>(first)
  const set = (change: ChatSettingsChange) => void attempt(client.changeChatSettings(chat.id, change))
  const muteFor = (hours: number) => () => set({ muted_until: new Date(Date.now() + hours * hourMillis).toISOString() })
  const level = chat.settings?.level ?? "all"

  const read = () => {
    if (chat.settings?.unread === true) set({ unread: null })
    if (chat.unread_count > 0) client.markRead(chat.id, chat.last_seq)
  }
  const muting: ReadonlyArray<MenuItem> = [
    { label: words.chat.hour, act: muteFor(1) },
    { label: words.chat.hours, act: muteFor(8) },
    { label: words.chat.day, act: muteFor(24) },
    { label: words.chat.forEver, act: () => set({ muted_until: forEver }) },
  ]
  const levels = (["all", "mentions", "none"] as const).map((name) => ({
    label: words.chat.levels[name],
    checked: level === name,
    act: () => set({ level: name === "all" ? null : name }),
  }))
  const items: ReadonlyArray<MenuItem> = [
    ...before,
    isUnread(chat)
      ? { label: words.chat.markRead, icon: "check", act: read }
      : { label: words.chat.markUnread, icon: "dot", act: () => set({ unread: true }) },
    isPinned(chat)
      ? { label: words.chat.unpin, icon: "pushPin", act: () => set({ pinned_at: null }) }
      : { label: words.chat.pin, icon: "pushPin", act: () => set({ pinned_at: new Date().toISOString() }) },
    // To be muted and to have no notifications at all are two things: this takes back both.
    isMuted(chat, Date.now())
      ? {
          label: words.chat.unmute,
          icon: "bell",
          act: () => set({ muted_until: null, ...(level === "none" ? { level: null } : {}) }),
        }
      : { label: words.chat.mute, icon: "bellOff", stays: true, act: () => setPart("mute") },
    { label: words.chat.notify, icon: "bell", stays: true, act: () => setPart("notify") },
    isArchived(chat)
      ? { label: words.chat.unarchive, icon: "archive", act: () => set({ archived: null }) }
      : { label: words.chat.archive, icon: "archive", act: () => set({ archived: true }) },
  ]
  const shown = { all: items, mute: muting, notify: levels }[part]
  const labels = { all: words.chat.actions(chatTitle(chat, base)), mute: words.chat.muteFor, notify: words.chat.level }
  return <Menu key={part} label={labels[part]} items={shown} place={place} onClose={onClose} />
}
