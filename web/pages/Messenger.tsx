// The messenger: the list on the left, the conversation on the right; on a phone one of the two.
import { useCallback, useEffect, useRef, useState } from "react"
import { ChatList } from "../chat/ChatList.tsx"
import { ConnectionLine } from "../chat/ConnectionLine.tsx"
import { useArrivals } from "../chat/useArrivals.ts"
import { NotificationOffer } from "../dialogs/NotificationOffer.tsx"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { inFolder } from "../model/quiet.ts"
import "../styles/messenger.css"
import type { ChatId } from "../../src/domain/Ids.ts"
import { type BoundShortcut, shortcutOf } from "../palette/shortcuts.ts"
import { nextUnread } from "../palette/unread.ts"
import { Icon } from "../ui/Icon.tsx"
import { later, loadTheRest } from "../ui/later.tsx"
import { Notices, notice } from "../ui/notices.tsx"
import { useMedia } from "../useMedia.ts"
import { currentPath, goInstead, goToChat, goToList, leaveThread, usePlace } from "./address.ts"

const conversationPane = () => import("../chat/ConversationPane.tsx").then(({ ConversationPane }) => ConversationPane)
// A link to a chat needs it at once.
if (currentPath() !== "/messenger") void conversationPane()
const ConversationPane = later(conversationPane)
const ThreadPane = later(() => import("../chat/thread/ThreadPane.tsx").then(({ ThreadPane }) => ThreadPane))
const ChatInfo = later(() => import("./windows.ts").then(({ ChatInfo }) => ChatInfo))
const NewChat = later(() => import("./windows.ts").then(({ NewChat }) => NewChat))
const NewGroup = later(() => import("./windows.ts").then(({ NewGroup }) => NewGroup))
const Profile = later(() => import("./windows.ts").then(({ Profile }) => Profile))
const Palette = later(() => import("./windows.ts").then(({ Palette }) => Palette))
const ShortcutList = later(() => import("./windows.ts").then(({ ShortcutList }) => ShortcutList))
const UnsentDialogs = later(() => import("./windows.ts").then(({ UnsentDialogs }) => UnsentDialogs))
const UpdateOffer = later(() => import("./windows.ts").then(({ UpdateOffer }) => UpdateOffer))
const SignOut = later(() => import("./windows.ts").then(({ SignOut }) => SignOut))

/** For a third column; the same width is in the styles. */
const wideEnough = "(min-width: 1200px)"

type Window = "chat" | "group" | "profile" | "sign-out" | "palette" | "shortcuts"

const isText = (target: EventTarget | null): boolean =>
  target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "text")

export const Messenger = () => {
  const words = useWords()
  const client = useClient()
  const place = usePlace()
  const { chatId: chosen, thread } = place
  const [open, setOpen] = useState<Window>()
  const [infoOpen, setInfoOpen] = useState(false)
  const columns = useMedia(wideEnough)
  const closeInfo = useCallback(() => setInfoOpen(false), [])
  const [restLoaded, setRestLoaded] = useState(false)
  useEffect(() => void loadTheRest().then(() => setRestLoaded(true)), [])
  const search = useRef<HTMLInputElement>(null)
  const chat = useChatState((state) => (chosen === undefined ? undefined : state.chatById.get(chosen)))
  const loaded = useChatState((state) => state.chatsLoaded)
  const close = useCallback(() => setOpen(undefined), [])
  const goTo = useCallback((id: ChatId) => {
    setOpen(undefined)
    // Beside the conversation the info follows to the next chat.
    if (!matchMedia(wideEnough).matches) setInfoOpen(false)
    goToChat(id)
  }, [])
  const spoken = useArrivals(chosen, goTo)

  const isGone = loaded && chosen !== undefined && chat === undefined
  useEffect(() => {
    if (!isGone) return
    // The address of a new chat may change a moment before the chat is known.
    const timer = setTimeout(() => {
      notice(words.chat.gone)
      setInfoOpen(false)
      goInstead("/messenger")
    }, 1_500)
    return () => clearTimeout(timer)
  }, [isGone, words])

  useEffect(() => {
    const act: Record<BoundShortcut, () => boolean> = {
      palette: () => {
        setOpen("palette")
        return true
      },
      help: () => {
        setOpen("shortcuts")
        return true
      },
      search: () => {
        search.current?.focus()
        search.current?.select()
        return true
      },
      nextChat: () => step(1),
      previousChat: () => step(-1),
      nextUnread: () => toUnread(1),
      previousUnread: () => toUnread(-1),
      close: () => {
        if (thread !== undefined) leaveThread()
        else if (document.activeElement?.closest(".info-column")) {
          closeInfo()
          document.querySelector<HTMLElement>(".head-who")?.focus()
        } else if (chosen !== undefined) {
          goToList()
          // Otherwise no element would have the focus.
          document.querySelector<HTMLElement>(`a[data-chat="${chosen}"]`)?.focus()
        }
        return false
      },
    }
    const step = (by: 1 | -1) => {
      const chats = inFolder(client.getState().chats, "all", chosen)
      const at = chats.findIndex(({ id }) => id === chosen)
      const next = chats[by === 1 ? at + 1 : Math.max(0, at - 1)]
      if (next !== undefined) goToChat(next.id)
      return next !== undefined
    }
    const toUnread = (by: 1 | -1) => {
      const next = nextUnread(inFolder(client.getState().chats, "all", chosen), chosen, by)
      if (next !== undefined) goToChat(next)
      return true
    }
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open], .menu") !== null) return
      const shortcut = shortcutOf(event, isText(event.target))
      if (shortcut !== undefined && act[shortcut]()) event.preventDefault()
    }
    window.addEventListener("keydown", onKeyDown)
    return () => window.removeEventListener("keydown", onKeyDown)
  }, [client, chosen, thread, closeInfo])

  const names = ["messenger"]
  if (chosen !== undefined) names.push("messenger-open")
  const isThread = chat !== undefined && thread !== undefined
  const isInfoColumn = chat !== undefined && !isThread && infoOpen && columns
  if (isThread || isInfoColumn) names.push("messenger-side")
  return (
    <main id="content" className={names.join(" ")}>
      <h1 className="visually-hidden">Confab</h1>
      <div className="above">
        <ConnectionLine />
        <NotificationOffer />
        {restLoaded && <UpdateOffer />}
      </div>
      <div className="pane-list">
        <ChatList chosen={chosen} searchRef={search} onChoose={goToChat} onOpen={setOpen} />
      </div>
      {/* A thread lies over it where there are no three columns. */}
      <div className="pane-conversation" inert={isThread && !columns}>
        {chat !== undefined ? (
          <ConversationPane
            key={chat.id}
            chat={chat}
            place={place}
            onBack={goToList}
            onInfo={() => setInfoOpen(!infoOpen)}
            onPalette={() => setOpen("palette")}
          />
        ) : chosen !== undefined ? (
          <div className="messages-wait">
            <span className="spinner" role="status" aria-label={words.loading} />
          </div>
        ) : (
          <div className="nothing-open">
            <span className="chip">
              <Icon name="chats" size={18} />
              {words.chat.choose}
            </span>
          </div>
        )}
      </div>
      {isThread && (
        <div className="pane-side">
          <ThreadPane key={thread} chat={chat} messageId={thread} onClose={leaveThread} />
        </div>
      )}
      {isInfoColumn && (
        <div className="pane-side">
          <ChatInfo chat={chat} column onClose={closeInfo} onChat={goTo} />
        </div>
      )}
      <p className="visually-hidden" aria-live="polite">
        {/* A text that is there already is not read out again. */}
        <span key={spoken.id}>{spoken.text}</span>
      </p>
      {open === "chat" && <NewChat onClose={close} onGroup={() => setOpen("group")} onChat={goTo} />}
      {open === "group" && <NewGroup onClose={close} onChat={goTo} />}
      {open === "profile" && <Profile onClose={close} onSignOut={() => setOpen("sign-out")} />}
      {open === "sign-out" && <SignOut onClose={close} />}
      {open === "palette" && (
        <Palette chosen={chosen} onClose={close} onChat={goTo} onOpen={setOpen} onInfo={() => setInfoOpen(true)} />
      )}
      {open === "shortcuts" && <ShortcutList onClose={close} />}
      {infoOpen && !columns && chat !== undefined && <ChatInfo chat={chat} onClose={closeInfo} onChat={goTo} />}
      {restLoaded && <UnsentDialogs />}
      <Notices />
    </main>
  )
}
