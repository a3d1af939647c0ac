// The messenger: the list on the left, the conversation on the right; on a phone one of the two.
import { useCallback, useEffect, useRef, useState } from "react"
import { ChatList } from "../chat/ChatList.tsx"
import { ConnectionLine } from "../chat/ConnectionLine.tsx"
import { useArrivals } from "../chat/useArrivals.ts"
import { NotificationOffer } from "../dialogs/NotificationOffer.tsx"
import { useWords } from "../i18n/useWords.ts"
import { letterOf } from "../letterOf.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { inFolder } from "../model/quiet.ts"
import "../styles/messenger.css"
import type { ChatId } from "../../src/domain/Ids.ts"
import { Icon } from "../ui/Icon.tsx"
import { later, loadTheRest } from "../ui/later.tsx"
import { Notices, notice } from "../ui/notices.tsx"
import { goInstead, goToChat, goToList, usePlace } from "./address.ts"

const conversationPane = () => import("../chat/ConversationPane.tsx").then(({ ConversationPane }) => ConversationPane)
// A link to a chat needs it at once.
if (location.pathname !== "/messenger") void conversationPane()
const ConversationPane = later(conversationPane)
const ChatInfo = later(() => import("../dialogs/ChatInfo.tsx").then(({ ChatInfo }) => ChatInfo))
const NewChat = later(() => import("../dialogs/NewChat.tsx").then(({ NewChat }) => NewChat))
const NewGroup = later(() => import("../dialogs/NewGroup.tsx").then(({ NewGroup }) => NewGroup))
const Profile = later(() => import("../dialogs/Profile.tsx").then(({ Profile }) => Profile))
const UnsentDialogs = later(() => import("../dialogs/UnsentDialogs.tsx").then(({ UnsentDialogs }) => UnsentDialogs))
const UpdateOffer = later(() => import("../dialogs/UpdateOffer.tsx").then(({ UpdateOffer }) => UpdateOffer))
const SignOut = later(() => import("../dialogs/SignOut.tsx").then(({ SignOut }) => SignOut))

type Window = "chat" | "group" | "profile" | "sign-out" | "info"

export const Messenger = () => {
  const words = useWords()
  const client = useClient()
  const place = usePlace()
  const chosen = place.chatId
  const [open, setOpen] = useState<Window>()
  const [restLoaded, setRestLoaded] = useState(false)
  useEffect(() => void loadTheRest().then(() => setRestLoaded(true)), [])
  const search = useRef<HTMLInputElement>(null)
  const chat = useChatState((state) => (chosen === undefined ? undefined : state.chatById.get(chosen)))
  const loaded = useChatState((state) => state.chatsLoaded)
  const close = useCallback(() => setOpen(undefined), [])
  const goTo = useCallback((id: ChatId) => {
    setOpen(undefined)
    goToChat(id)
  }, [])
  const spoken = useArrivals(chosen, goTo)

  const isGone = loaded && chosen !== undefined && chat === undefined
  useEffect(() => {
    if (!isGone) return
    // The address of a new chat may change a moment before the chat is known.
    const timer = setTimeout(() => {
      notice(words.chat.gone)
      setOpen((now) => (now === "info" ? undefined : now))
      goInstead("/messenger")
    }, 1_500)
    return () => clearTimeout(timer)
  }, [isGone, words])

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open], .menu") !== null) return
      if ((event.ctrlKey || event.metaKey) && letterOf(event) === "k") {
        event.preventDefault()
        search.current?.focus()
        search.current?.select()
      } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        const chats = inFolder(client.getState().chats, "all", chosen)
        const at = chats.findIndex(({ id }) => id === chosen)
        const next = chats[event.key === "ArrowDown" ? at + 1 : Math.max(0, at - 1)]
        if (next === undefined) return
        event.preventDefault()
        goToChat(next.id)
      } else if (event.key === "Escape" && chosen !== undefined) {
        goToList()
        // Otherwise no element would have the focus.
        document.querySelector<HTMLElement>(`a[data-chat="${chosen}"]`)?.focus()
      }
    }
    window.addEventListener("keydown", onKeyDown)
    return () => window.removeEventListener("keydown", onKeyDown)
  }, [client, chosen])

  return (
    <main id="content" className={chosen === undefined ? "messenger" : "messenger messenger-open"}>
      <h1 className="visually-hidden">Confab</h1>
      <div className="above">
        <ConnectionLine />
        <NotificationOffer />
        {restLoaded && <UpdateOffer />}
      </div>
      <div className="pane-list">
        <ChatList chosen={chosen} searchRef={search} onChoose={goToChat} onOpen={setOpen} />
      </div>
      <div className="pane-conversation">
        {chat !== undefined ? (
          <ConversationPane key={chat.id} chat={chat} place={place} onBack={goToList} onInfo={() => setOpen("info")} />
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
      <p className="visually-hidden" aria-live="polite">
        {/* A text that is there already is not read out again. */}
        <span key={spoken.id}>{spoken.text}</span>
      </p>
      {open === "chat" && <NewChat onClose={close} onGroup={() => setOpen("group")} onChat={goTo} />}
      {open === "group" && <NewGroup onClose={close} onChat={goTo} />}
      {open === "profile" && <Profile onClose={close} onSignOut={() => setOpen("sign-out")} />}
      {open === "sign-out" && <SignOut onClose={close} />}
      {open === "info" && chat !== undefined && <ChatInfo chat={chat} onClose={close} onChat={goTo} />}
      {restLoaded && <UnsentDialogs />}
      <Notices />
    </main>
  )
}
