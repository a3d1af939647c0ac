// The messenger: the list on the left, the conversation on the right, one of the two on a phone.
import { useCallback, useEffect, useRef, useState } from "react"
import { ChatList } from "../chat/ChatList.tsx"
import { ConnectionLine } from "../chat/ConnectionLine.tsx"
import { ConversationPane } from "../chat/ConversationPane.tsx"
import { useArrivals } from "../chat/useArrivals.ts"
import { ChatInfo } from "../dialogs/ChatInfo.tsx"
import { NewChat } from "../dialogs/NewChat.tsx"
import { NewGroup } from "../dialogs/NewGroup.tsx"
import { Profile } from "../dialogs/Profile.tsx"
import { SignOut } from "../dialogs/SignOut.tsx"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import "../styles/messenger.css"
import type { ChatId } from "../../src/domain/Ids.ts"
import { Icon } from "../ui/Icon.tsx"
import { Notices, notice } from "../ui/notices.tsx"
import { useChosenChat } from "./useChosenChat.ts"

type Window = "chat" | "group" | "profile" | "sign-out" | "info"

export const Messenger = () => {
  const words = useWords()
  const client = useClient()
  const { chosen, choose, leave } = useChosenChat()
  const [open, setOpen] = useState<Window>()
  const search = useRef<HTMLInputElement>(null)
  const chat = useChatState((state) => (chosen === undefined ? undefined : state.chatById.get(chosen)))
  const loaded = useChatState((state) => state.chatsLoaded)
  const close = useCallback(() => setOpen(undefined), [])
  const goTo = useCallback(
    (id: ChatId) => {
      setOpen(undefined)
      choose(id)
    },
    [choose],
  )
  const spoken = useArrivals(chosen, goTo)

  const isGone = loaded && chosen !== undefined && chat === undefined
  const wasHere = useRef<ChatId>(undefined)
  useEffect(() => {
    if (chat !== undefined) wasHere.current = chat.id
    if (!isGone) return
    // A chat just made may be known a moment later than its address.
    const timer = setTimeout(() => {
      if (wasHere.current === chosen) notice(words.chat.gone)
      setOpen((now) => (now === "info" ? undefined : now))
      leave()
    }, 1_500)
    return () => clearTimeout(timer)
  }, [isGone, chosen, chat, leave, words])

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open], .menu") !== null) return
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault()
        search.current?.focus()
        search.current?.select()
      } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        const { chats } = client.getState()
        const at = chats.findIndex(({ id }) => id === chosen)
        const next = chats[event.key === "ArrowDown" ? at + 1 : Math.max(0, at - 1)]
        if (next === undefined) return
        event.preventDefault()
        choose(next.id)
      } else if (event.key === "Escape" && chosen !== undefined) leave()
    }
    window.addEventListener("keydown", onKeyDown)
    return () => window.removeEventListener("keydown", onKeyDown)
  }, [client, chosen, choose, leave])

  return (
    <main id="content" className={chosen === undefined ? "messenger" : "messenger messenger-open"}>
      <h1 className="visually-hidden">Confab</h1>
      <ConnectionLine />
      <div className="pane-list">
        <ChatList chosen={chosen} searchRef={search} onChoose={choose} onOpen={setOpen} />
      </div>
      <div className="pane-conversation">
        {chat !== undefined ? (
          <ConversationPane key={chat.id} chat={chat} onBack={leave} onInfo={() => setOpen("info")} />
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
        {spoken}
      </p>
      {open === "chat" && <NewChat onClose={close} onGroup={() => setOpen("group")} onChat={goTo} />}
      {open === "group" && <NewGroup onClose={close} onChat={goTo} />}
      {open === "profile" && <Profile onClose={close} onSignOut={() => setOpen("sign-out")} />}
      {open === "sign-out" && <SignOut onClose={close} />}
      {open === "info" && chat !== undefined && <ChatInfo chat={chat} onClose={close} onChat={goTo} />}
      <Notices />
    </main>
  )
}
