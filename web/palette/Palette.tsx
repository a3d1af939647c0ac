// Ctrl+K: a field that leads to chats, people and actions.
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react"
import type { ChatId } from "../../src/domain/Ids.ts"
import { ChatAvatar } from "../chat/ChatAvatar.tsx"
import { chatTitle } from "../chat/names.ts"
import { usePeople } from "../chat/usePeople.ts"
import { usePaletteWords } from "../i18n/usePaletteWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient, useMe } from "../model/hooks.ts"
import { changeSettings, useIsDark } from "../settings.ts"
import "../styles/palette.css"
import { Avatar } from "../ui/Avatar.tsx"
import { Modal } from "../ui/Dialog.tsx"
import { Icon, type IconName } from "../ui/Icon.tsx"
import { attempt, notice } from "../ui/notices.tsx"
import { type PaletteAction, type PaletteEntry, paletteSections } from "./entries.ts"
import { Key, Keys } from "./ShortcutList.tsx"
import { shortcutOf } from "./shortcuts.ts"
import { nextUnread } from "./unread.ts"

interface Action extends PaletteAction {
  readonly icon: IconName
}

export type PaletteWindow = "chat" | "group" | "profile" | "sign-out" | "shortcuts"

const EntryLine = ({ entry }: { entry: PaletteEntry<Action> }) => {
  const words = useWords()
  switch (entry.kind) {
    case "chat": {
      const { chat } = entry
      const name = chatTitle(chat, words)
      return (
        <>
          <ChatAvatar chat={chat} size="s" />
          <span className="palette-name" dir="auto">
            {name}
          </span>
          {chat.peer !== null && <span className="palette-note">@{chat.peer.username}</span>}
          {chat.unread_count > 0 && (
            <span className="badge">
              <span aria-hidden="true">{chat.unread_count > 999 ? "999+" : chat.unread_count}</span>
              <span className="visually-hidden">{words.list.unread(chat.unread_count)}</span>
            </span>
          )}
        </>
      )
    }
    case "action":
      return (
        <>
          <span className="palette-icon">
            <Icon name={entry.action.icon} size={20} />
          </span>
          <span className="palette-name">{entry.action.label}</span>
          {entry.action.keys !== undefined && <Keys keys={entry.action.keys} />}
        </>
      )
    case "person":
      return (
        <>
          <Avatar id={entry.user.id} name={entry.user.display_name} picture={entry.user.avatar} size="s" />
          <span className="palette-name" dir="auto">
            {entry.user.display_name}
          </span>
          <span className="palette-note">@{entry.user.username}</span>
        </>
      )
  }
}

export const Palette = ({
  chosen,
  onClose,
  onChat,
  onOpen,
  onInfo,
}: {
  chosen: ChatId | undefined
  onClose: () => void
  onChat: (id: ChatId) => void
  onOpen: (window: PaletteWindow) => void
  onInfo: () => void
}) => {
  const words = useWords()
  const { palette } = usePaletteWords()
  const client = useClient()
  const me = useMe()
  const dark = useIsDark()
  const chats = useChatState((state) => state.chats)
  const [query, setQuery] = useState("")
  const [at, setAt] = useState(0)
  const people = usePeople(query)
  const listId = useId()
  const list = useRef<HTMLDivElement>(null)

  const actions = useMemo<ReadonlyArray<Action>>(() => {
    const open = (window: PaletteWindow) => () => onOpen(window)
    const unread = () => {
      const next = nextUnread(client.getState().chats, chosen, 1)
      if (next === undefined) notice(palette.noUnread)
      else onChat(next)
    }
    return [
      { id: "unread", label: palette.nextUnread, icon: "down", keys: "Alt+Shift+ArrowDown", act: unread },
      {
        id: "saved",
        label: words.list.saved,
        icon: "bookmark",
        act: () => void attempt(client.openSaved().then(({ id }) => onChat(id))),
      },
      { id: "chat", label: words.list.newChat, icon: "person", act: open("chat") },
      { id: "group", label: words.list.newGroup, icon: "people", act: open("group") },
      ...(chosen === undefined
        ? []
        : [{ id: "info", label: words.chat.info, icon: "list", act: onInfo } satisfies Action]),
      {
        id: "read",
        label: palette.markAllRead,
        icon: "twice",
        act: () => void attempt(client.markAllRead()).then((done) => done && notice(palette.allRead)),
      },
      { id: "profile", label: words.list.profile, icon: "device", act: open("profile") },
      {
        id: "theme",
        label: dark ? words.settings.toLight : words.settings.toDark,
        icon: dark ? "sun" : "moon",
        act: () => changeSettings({ theme: dark ? "light" : "dark" }),
      },
      { id: "shortcuts", label: words.list.shortcuts, icon: "keyboard", keys: "[Shift]+?", act: open("shortcuts") },
      { id: "sign-out", label: words.list.signOut, icon: "exit", act: open("sign-out") },
    ]
  }, [client, chosen, dark, onChat, onInfo, onOpen, palette, words])

  const sections = useMemo(
    () =>
      paletteSections(
        query,
        chats.filter(({ id }) => id !== chosen),
        actions,
        people.items.filter(({ id }) => id !== me.id && !chats.some(({ peer }) => peer?.id === id)),
        (chat) => chatTitle(chat, words),
      ),
    [query, chats, actions, people.items, chosen, me.id, words],
  )
  const entries = sections.flatMap((section) => section.entries)
  const chosenAt = Math.min(at, entries.length - 1)

  // biome-ignore lint/correctness/useExhaustiveDependencies: the chosen one is the occasion
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" })
  }, [chosenAt])

  const take = (entry: PaletteEntry<Action> | undefined) => {
    if (entry === undefined) return
    onClose()
    switch (entry.kind) {
      case "chat":
        return onChat(entry.chat.id)
      case "action":
        return entry.action.act()
      case "person":
        return void attempt(client.openPrivate(entry.user.id).then(({ id }) => onChat(id)))
    }
  }

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
    if (step !== 0 && entries.length > 0) {
      event.preventDefault()
      setAt((chosenAt + step + entries.length) % entries.length)
    } else if (event.key === "Enter") {
      event.preventDefault()
      take(entries[chosenAt])
    } else if (shortcutOf(event.nativeEvent, true) === "palette") {
      event.preventDefault()
      onClose()
    }
  }

  const idOf = (entry: PaletteEntry<Action>) => `${listId}-${entry.key}`
  const current = entries[chosenAt]
  return (
    <Modal label={palette.title} className="palette" onClose={onClose}>
      <div className="palette-field">
        <Icon name="search" size={20} />
        <input
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={current === undefined ? undefined : idOf(current)}
          aria-label={palette.title}
          // biome-ignore lint/a11y/noAutofocus: a window opened to search in begins in its field
          autoFocus
          autoComplete="off"
          spellCheck={false}
          enterKeyHint="go"
          dir="auto"
          placeholder={palette.placeholder}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
        <button type="button" className="icon-button" aria-label={words.close} onClick={onClose}>
          <Icon name="close" size={20} />
        </button>
      </div>
      <div ref={list} id={listId} role="listbox" aria-label={palette.results} className="palette-list">
        {sections.map(({ name, entries: some }) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options is no fieldset
          <div key={name} role="group" aria-label={palette[name]}>
            <p className="palette-section" aria-hidden="true">
              {palette[name]}
            </p>
            {some.map((entry) => (
              // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the chosen one
              // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the field takes it
              <div
                key={entry.key}
                id={idOf(entry)}
                role="option"
                aria-selected={entry === current}
                className={entry === current ? "palette-entry palette-entry-here" : "palette-entry"}
                onPointerMove={() => setAt(entries.indexOf(entry))}
                onClick={() => take(entry)}
              >
                <EntryLine entry={entry} />
              </div>
            ))}
          </div>
        ))}
      </div>
      {entries.length === 0 && (
        <p className="palette-none" role="status">
          {people.failure ?? palette.nothing}
        </p>
      )}
      <p className="palette-hints" aria-hidden="true">
        <Key name="↑" />
        <Key name="↓" /> {palette.hintMove}
        <Key name="Enter" /> {palette.hintOpen}
        <Key name="Esc" /> {palette.hintClose}
      </p>
    </Modal>
  )
}
