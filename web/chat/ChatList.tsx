// The left side: search, the chats by newest activity, users without a chat, and the menu.
import {
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react"
import type { ChatId } from "../../src/domain/Ids.ts"
import { matches } from "../../src/domain/searchWords.ts"
import type { User } from "../../src/domain/User.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient, useMe } from "../model/hooks.ts"
import { type Folder, inFolder } from "../model/quiet.ts"
import { changeSettings, useIsDark } from "../settings.ts"
import { Avatar } from "../ui/Avatar.tsx"
import { Icon } from "../ui/Icon.tsx"
import { later } from "../ui/later.tsx"
import { below, Menu, type MenuItem, type MenuPlace } from "../ui/Menu.tsx"
import { attempt } from "../ui/notices.tsx"
import { useCoarsePointer } from "../useMedia.ts"
import { ChatRows, type ChatRowsHandle } from "./ChatRows.tsx"
import { Folders } from "./Folders.tsx"
import { chatTitle } from "./names.ts"
import { usePeople } from "./usePeople.ts"

const ChatMenu = later(() => import("./windows.ts").then(({ ChatMenu }) => ChatMenu))
const FirstSteps = later(() => import("./FirstSteps.tsx").then(({ FirstSteps }) => FirstSteps))

export const ChatList = ({
  chosen,
  searchRef,
  onChoose,
  onOpen,
}: {
  chosen: ChatId | undefined
  searchRef: RefObject<HTMLInputElement | null>
  onChoose: (chatId: ChatId) => void
  onOpen: (dialog: "chat" | "group" | "profile" | "sign-out" | "shortcuts" | "palette") => void
}) => {
  const words = useWords()
  const client = useClient()
  const me = useMe()
  const dark = useIsDark()
  const coarse = useCoarsePointer()
  const complete = useChatState((state) => state.chatsLoaded)
  // The first page of a long list is shown while the others load.
  const chats = useChatState((state) => (state.chatsLoaded || state.chats.length > 0 ? state.chats : null))
  const [query, setQuery] = useState("")
  const [menu, setMenu] = useState<MenuPlace>()
  const [folder, setFolder] = useState<Folder>("all")
  const [rowMenu, setRowMenu] = useState<{ readonly id: ChatId; readonly place: MenuPlace }>()
  const list = useRef<HTMLDivElement>(null)
  const rows = useRef<ChatRowsHandle>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another query or folder is the occasion
  useLayoutEffect(() => {
    list.current?.scrollTo(0, 0)
  }, [query, folder])
  const people = usePeople(query)

  const shown = useMemo(() => {
    const wanted = query.trim().replace(/^@/, "")
    if (wanted === "") return inFolder(chats ?? [], folder, chosen)
    return (chats ?? []).filter((chat) => matches(wanted, chatTitle(chat, words), chat.peer?.username ?? ""))
  }, [chats, query, words, folder, chosen])
  // The last chat has left the archive.
  const isOver = folder === "archive" && shown.length === 0 && query === ""
  useEffect(() => {
    if (isOver) setFolder("all")
  }, [isOver])
  const onMenu = useCallback((id: ChatId, place: MenuPlace) => setRowMenu({ id, place }), [])
  const menuChat = useChatState((state) => (rowMenu === undefined ? undefined : state.chatById.get(rowMenu.id)))
  // A chat that was marked as unread is read when it is opened; the one that is open can be marked for later.
  useEffect(() => {
    if (chosen === undefined) return
    if (client.getState().chatById.get(chosen)?.settings?.unread === true)
      void attempt(client.changeChatSettings(chosen, { unread: null }))
  }, [client, chosen])
  const strangers = useMemo(() => {
    if (people.items.length === 0) return people.items
    const known = new Set((chats ?? []).map((chat) => chat.peer?.id))
    return people.items.filter((user) => user.id !== me.id && !known.has(user.id))
  }, [people, chats, me.id])

  // The list is complete again when it is next shown.
  const choose = useCallback(
    (id: ChatId) => {
      setQuery("")
      onChoose(id)
    },
    [onChoose],
  )

  const begin = async (user: User) => {
    await attempt(
      client.openPrivate(user.id).then((chat) => {
        setQuery("")
        onChoose(chat.id)
      }),
    )
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && query !== "") {
      // The open chat stays.
      event.preventDefault()
      setQuery("")
      searchRef.current?.focus()
      return
    }
    const step = { ArrowDown: 1, ArrowUp: -1, Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY }[event.key]
    if (step === undefined || (event.target === searchRef.current && (event.key === "Home" || event.key === "End")))
      return
    const others = [...(list.current?.querySelectorAll<HTMLElement>("button.chat-row") ?? [])]
    const count = shown.length + others.length
    if (count === 0) return
    event.preventDefault()
    const here = document.activeElement as HTMLElement
    const chatAt = shown.findIndex(({ id }) => String(id) === here.dataset.chat)
    const otherAt = others.indexOf(here)
    const at = otherAt >= 0 ? shown.length + otherAt : chatAt
    if (at <= 0 && step === -1) return searchRef.current?.focus()
    const next = Math.max(0, Math.min(count - 1, at + step))
    if (next < shown.length) rows.current?.focus(next)
    else others[next - shown.length]?.focus()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the chats inside
    <div className="list-pane" onKeyDown={onKeyDown}>
      <header className="list-head">
        <button
          type="button"
          className="icon-button"
          aria-label={words.list.menu}
          aria-haspopup="menu"
          aria-expanded={menu !== undefined}
          onClick={(event) => setMenu(below(event.currentTarget, "start"))}
        >
          <Icon name="menu" />
        </button>
        <search className="list-search">
          <Icon name="search" size={18} />
          <input
            ref={searchRef}
            type="text"
            inputMode="search"
            enterKeyHint="search"
            autoComplete="off"
            spellCheck={false}
            dir="auto"
            placeholder={words.list.search}
            aria-label={words.list.searchLabel}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return
              // Otherwise the same key would insert a line break in the composer, which gets the focus.
              event.preventDefault()
              const [chat, stranger] = [shown[0], strangers[0]]
              if (chat !== undefined) choose(chat.id)
              else if (stranger !== undefined) void begin(stranger)
            }}
          />
          <button
            type="button"
            className="icon-button list-search-clear"
            aria-label={query === "" ? words.list.palette : words.list.clear}
            title={query === "" ? words.list.palette : undefined}
            onClick={() => {
              if (query === "") return onOpen("palette")
              setQuery("")
              searchRef.current?.focus()
            }}
          >
            <Icon name={query === "" ? "command" : "close"} size={16} />
          </button>
        </search>
        <button type="button" className="icon-button" aria-label={words.list.newChat} onClick={() => onOpen("chat")}>
          <Icon name="edit" />
        </button>
      </header>
      {menu !== undefined && (
        <Menu
          label={words.list.menu}
          place={menu}
          onClose={() => setMenu(undefined)}
          items={[
            { label: words.list.newChat, icon: "person", act: () => onOpen("chat") },
            { label: words.list.newGroup, icon: "people", act: () => onOpen("group") },
            {
              label: words.list.saved,
              icon: "bookmark",
              act: () => void attempt(client.openSaved().then(({ id }) => choose(id))),
            },
            { label: words.list.profile, icon: "device", act: () => onOpen("profile") },
            {
              label: dark ? words.settings.toLight : words.settings.toDark,
              icon: dark ? "sun" : "moon",
              act: () => changeSettings({ theme: dark ? "light" : "dark" }),
            },
            ...(coarse
              ? []
              : [
                  {
                    label: words.list.shortcuts,
                    icon: "keyboard",
                    act: () => onOpen("shortcuts"),
                  } satisfies MenuItem,
                ]),
            { label: words.list.signOut, icon: "exit", danger: true, act: () => onOpen("sign-out") },
          ]}
        />
      )}
      {rowMenu !== undefined && menuChat !== undefined && (
        <ChatMenu chat={menuChat} place={rowMenu.place} onClose={() => setRowMenu(undefined)} />
      )}
      {chats !== null && chats.length > 0 && query === "" && (
        <Folders chats={chats} folder={folder} onFolder={setFolder} />
      )}
      <nav className="list-scroll" ref={list} aria-label={words.list.chats}>
        {chats === null ? (
          <div className="list-loading" role="status">
            <span className="spinner" />
            <span className="visually-hidden">{words.loading}</span>
          </div>
        ) : (
          <ChatRows
            ref={rows}
            scroller={list}
            chats={shown}
            complete={complete}
            chosen={chosen}
            onChoose={choose}
            onMenu={onMenu}
          />
        )}
        {strangers.length > 0 && (
          <section aria-labelledby="people-found">
            <h2 id="people-found" className="list-section">
              {words.list.people}
            </h2>
            <ul className="chat-rows">
              {strangers.map((user) => (
                <li key={user.id}>
                  <button type="button" className="chat-row" onClick={() => begin(user)}>
                    <Avatar id={user.id} name={user.display_name} picture={user.avatar} />
                    <span className="chat-row-text">
                      <span className="chat-row-name" dir="auto">
                        {user.display_name}
                      </span>
                      <span className="chat-row-last">
                        <span className="chat-row-words">@{user.username}</span>
                      </span>
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        {chats !== null &&
          shown.length === 0 &&
          strangers.length === 0 &&
          (query === "" || people.query !== null || people.failure !== undefined) && (
            <div className="list-empty">
              <p className="list-empty-title">
                {query !== ""
                  ? (people.failure ?? words.list.nothing)
                  : chats.length === 0
                    ? words.list.empty
                    : words.list.noneUnread}
              </p>
              {query === "" && chats.length === 0 && (
                <>
                  <p>{words.list.emptyHint}</p>
                  <FirstSteps onChat={onChoose} onOpen={onOpen} />
                </>
              )}
            </div>
          )}
      </nav>
    </div>
  )
}
