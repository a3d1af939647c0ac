// Information about a chat: who is in it, what was sent to it, what is pinned, and the ways out. In a window, or as the
// third column of a wide page.
import { type ReactNode, useEffect, useId, useRef, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { ChatAvatar } from "../chat/ChatAvatar.tsx"
import { PictureChoice } from "../chat/files/PictureChoice.tsx"
import { isAdmin } from "../chat/permissions.ts"
import { PinItems } from "../chat/pins/PinItems.tsx"
import { usePins } from "../chat/pins/usePins.ts"
import { fullTime } from "../format.ts"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { useFileWords } from "../i18n/useFileWords.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useClient, useConversation } from "../model/hooks.ts"
import { goToChat } from "../pages/address.ts"
import { Confirm, Dialog } from "../ui/Dialog.tsx"
import { Icon } from "../ui/Icon.tsx"
import { later } from "../ui/later.tsx"
import { attempt } from "../ui/notices.tsx"
import { AddPeople, GroupDescription, GroupName, PersonInfo } from "./ChatInfoParts.tsx"
import { ChatLinks } from "./ChatLinks.tsx"
import { ChatSettings } from "./ChatSettings.tsx"
import { Members } from "./Members.tsx"

const Gallery = later(() => import("../chat/windows.ts").then(({ Gallery }) => Gallery))

const Tabs = <Name extends string>({
  label,
  tabs,
}: {
  label: string
  tabs: ReadonlyArray<{ readonly name: Name; readonly title: string; readonly body: ReactNode }>
}) => {
  const id = useId()
  const [chosen, setChosen] = useState<Name>()
  const panel = useRef<HTMLDivElement>(null)
  // What was chosen comes into sight.
  useEffect(() => {
    if (chosen !== undefined) panel.current?.scrollIntoView({ block: "start" })
  }, [chosen])
  const shown = tabs.find(({ name }) => name === chosen) ?? tabs[0]
  if (shown === undefined) return null
  return (
    <>
      <div
        role="tablist"
        aria-label={label}
        className="tabs"
        onKeyDown={(event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
          const next = step === undefined ? undefined : tabs[(tabs.indexOf(shown) + step + tabs.length) % tabs.length]
          if (next === undefined) return
          event.preventDefault()
          setChosen(next.name)
          document.getElementById(`${id}-${next.name}`)?.focus()
        }}
      >
        {tabs.map(({ name, title }) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            aria-selected={name === shown.name}
            aria-controls={`${id}-panel`}
            tabIndex={name === shown.name ? 0 : -1}
            className="tab"
            onClick={() => setChosen(name)}
          >
            {title}
          </button>
        ))}
      </div>
      <div ref={panel} id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${shown.name}`} className="tab-panel">
        {shown.body}
      </div>
    </>
  )
}

interface InfoProps {
  readonly chat: ChatView
  readonly onClose: () => void
  readonly onChat: (id: ChatId) => void
  /** It stays open beside the conversation. */
  readonly column?: boolean
}

export const ChatInfo = ({ chat, onClose, onChat, column = false }: InfoProps) => {
  const words = useWords()
  const dialogs = useDialogWords()
  const { info } = useMessageWords()
  const client = useClient()
  const conversation = useConversation(chat.id)
  const pins = usePins(conversation)
  const [asking, setAsking] = useState<"leave" | "delete">()
  const [adding, setAdding] = useState(false)
  const fileWords = useFileWords()
  const isGroup = chat.type === "group"
  const mayChange = isAdmin(chat)
  useEffect(() => {
    if (isGroup) void attempt(client.loadMembers(chat.id))
  }, [client, chat.id, isGroup])

  const goTo = (seq: number) => {
    if (!column) onClose()
    goToChat(chat.id, seq)
  }
  const ask = asking !== undefined && (
    <Confirm
      title={asking === "leave" ? dialogs.group.leaveTitle : dialogs.group.deleteTitle}
      text={asking === "leave" ? dialogs.group.leaveText : dialogs.group.deleteText}
      action={asking === "leave" ? dialogs.group.leave : dialogs.group.delete}
      onClose={() => setAsking(undefined)}
      onConfirm={() => {
        onClose()
        void attempt(asking === "leave" ? client.leave(chat.id) : client.deleteChat(chat.id))
      }}
    />
  )
  const add = adding && <AddPeople chat={chat} onClose={() => setAdding(false)} />
  // One window at a time; beside a column they open over the page.
  if (!column && add) return add
  if (!column && ask) return ask
  const members = (
    <>
      {mayChange && (
        <button type="button" className="person-button new-group" onClick={() => setAdding(true)}>
          <span className="round-icon">
            <Icon name="addPerson" size={20} />
          </span>
          {dialogs.people.addMembers}
        </button>
      )}
      <Members chat={chat} onChat={onChat} />
      <div className="way-out">
        <button type="button" className="quiet-button quiet-danger" onClick={() => setAsking("leave")}>
          <Icon name="exit" size={20} />
          {dialogs.group.leave}
        </button>
        {chat.role === "owner" && (
          <button type="button" className="quiet-button quiet-danger" onClick={() => setAsking("delete")}>
            <Icon name="trash" size={20} />
            {dialogs.group.delete}
          </button>
        )}
      </div>
    </>
  )
  const body = (
    <>
      {isGroup ? (
        <div className="card">
          <ChatAvatar chat={chat} size="l" />
          <GroupName key={chat.id} chat={chat} canRename={mayChange} />
          <p className="dialog-text" title={fullTime(chat.created_at)}>
            {words.chat.members(chat.member_count)}
          </p>
          <GroupDescription key={`${chat.id} about`} chat={chat} mayChange={mayChange} />
          {mayChange && (
            <PictureChoice picture={chat.avatar} onChange={(avatar) => client.changeChat(chat.id, { avatar })} />
          )}
        </div>
      ) : (
        <PersonInfo chat={chat} />
      )}
      <ChatSettings chat={chat} />
      <Tabs
        key={chat.id}
        label={words.chat.info}
        tabs={[
          ...(isGroup ? [{ name: "members", title: info.members, body: members } as const] : []),
          {
            name: "media",
            title: fileWords.gallery.media,
            body: <Gallery key="media" chatId={chat.id} kinds={["photo", "video"]} onGoTo={goTo} />,
          },
          {
            name: "files",
            title: fileWords.gallery.file,
            body: <Gallery key="files" chatId={chat.id} kinds={["file", "voice", "audio"]} onGoTo={goTo} />,
          },
          {
            name: "pins",
            title: pins.length === 0 ? info.pins : `${info.pins} ${pins.length}`,
            body: <PinItems chat={chat} pins={pins} onGo={goTo} />,
          },
          { name: "links", title: info.links, body: <ChatLinks chat={chat} onGo={goTo} /> },
        ]}
      />
    </>
  )
  const title = isGroup ? dialogs.group.title : words.chat.info
  if (!column) {
    return (
      <Dialog title={title} onClose={onClose}>
        {body}
      </Dialog>
    )
  }
  return (
    <aside className="info-column" aria-label={words.chat.info}>
      <header className="head side-head">
        <h2 className="head-name">{title}</h2>
        <button type="button" className="icon-button" aria-label={info.close} title={info.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="info-body">{body}</div>
      {ask}
      {add}
    </aside>
  )
}
