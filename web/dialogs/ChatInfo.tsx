// Information about a chat: the peer, or the group with its members, roles and ways to leave.
import { type FormEvent, useEffect, useMemo, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import { PictureChoice } from "../chat/files/PictureChoice.tsx"
import { chatTitle, isClosed } from "../chat/names.ts"
import { agoTime, fullTime } from "../format.ts"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { useFileWords } from "../i18n/useFileWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient, useConversation, useIsOnline } from "../model/hooks.ts"
import { useMinute } from "../now.ts"
import { goToChat } from "../pages/address.ts"
import { Avatar } from "../ui/Avatar.tsx"
import { Confirm, Dialog } from "../ui/Dialog.tsx"
import { Icon } from "../ui/Icon.tsx"
import { later } from "../ui/later.tsx"
import { attempt } from "../ui/notices.tsx"
import { ChatSettings } from "./ChatSettings.tsx"
import { Members } from "./Members.tsx"
import { PickMany } from "./PeoplePicker.tsx"

const Gallery = later(() => import("../chat/files/Gallery.tsx").then(({ Gallery }) => Gallery))

const PersonInfo = ({ chat }: { chat: ChatView }) => {
  const words = useWords()
  const dialogs = useDialogWords()
  useMinute()
  const online = useIsOnline(chat.peer?.id)
  const lastSeen = useChatState((state) =>
    chat.peer === null ? null : (state.presence.get(chat.peer.id)?.lastSeenAt ?? null),
  )
  return (
    <div className="card">
      <Avatar id={chat.peer?.id ?? 0} name={chatTitle(chat, words)} picture={chat.peer?.avatar} size="l" />
      <p className="card-name" dir="auto">
        {chatTitle(chat, words)}
      </p>
      {chat.type !== "saved" && (
        <p className="dialog-text">
          {isClosed(chat)
            ? words.chat.closed
            : online
              ? words.chat.online
              : lastSeen === null
                ? words.chat.offline
                : words.chat.lastSeen(agoTime(lastSeen, words))}
        </p>
      )}
      {chat.peer !== null && !isClosed(chat) && (
        <dl className="facts">
          <dt>{dialogs.profile.username}</dt>
          <dd>@{chat.peer.username}</dd>
        </dl>
      )}
    </div>
  )
}

const AddPeople = ({ chat, onClose }: { chat: ChatView; onClose: () => void }) => {
  const dialogs = useDialogWords()
  const client = useClient()
  const members = useConversation(chat.id)?.members
  const without = useMemo(() => new Set<UserId>((members ?? []).map(({ user }) => user.id)), [members])
  const [people, setPeople] = useState<ReadonlyArray<User>>([])
  const add = async () => {
    const added = await attempt(
      client.addMembers(
        chat.id,
        people.map(({ id }) => id),
      ),
    )
    if (added) onClose()
  }
  return (
    <Dialog
      title={dialogs.people.addMembers}
      onClose={onClose}
      footer={
        <button type="button" className="button button-main" disabled={people.length === 0} onClick={add}>
          {dialogs.people.add}
        </button>
      }
    >
      <PickMany chosen={people} onChange={setPeople} without={without} autoFocus />
    </Dialog>
  )
}

const GroupName = ({ chat, canRename }: { chat: ChatView; canRename: boolean }) => {
  const words = useWords()
  const dialogs = useDialogWords()
  const client = useClient()
  const [draft, setDraft] = useState<string>()
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const name = draft?.trim() ?? ""
    if (name === "" || name === chat.title || (await attempt(client.rename(chat.id, name)))) setDraft(undefined)
  }
  if (draft === undefined) {
    return (
      <p className="card-name" dir="auto">
        {chat.title}
        {canRename && (
          <button
            type="button"
            className="icon-button"
            aria-label={dialogs.group.rename}
            onClick={() => setDraft(chat.title)}
          >
            <Icon name="pencil" size={18} />
          </button>
        )}
      </p>
    )
  }
  return (
    <form className="rename" onSubmit={save}>
      <input
        className="text-input"
        aria-label={dialogs.people.groupName}
        value={draft}
        maxLength={128}
        dir="auto"
        // biome-ignore lint/a11y/noAutofocus: the field took the place of the button that was pressed
        autoFocus
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return
          event.preventDefault()
          setDraft(undefined)
        }}
      />
      <button type="submit" className="button button-main" disabled={draft.trim() === ""}>
        {words.save}
      </button>
    </form>
  )
}

export const ChatInfo = ({
  chat,
  onClose,
  onChat,
}: {
  chat: ChatView
  onClose: () => void
  onChat: (id: ChatId) => void
}) => {
  const words = useWords()
  const dialogs = useDialogWords()
  const client = useClient()
  const [asking, setAsking] = useState<"leave" | "delete">()
  const [adding, setAdding] = useState(false)
  const [browsing, setBrowsing] = useState(false)
  const fileWords = useFileWords()
  const isGroup = chat.type === "group"
  const isAdmin = chat.role === "owner" || chat.role === "admin"
  useEffect(() => {
    if (isGroup) void attempt(client.loadMembers(chat.id))
  }, [client, chat.id, isGroup])
  if (adding) return <AddPeople chat={chat} onClose={() => setAdding(false)} />
  if (browsing) {
    return (
      <Gallery
        chatId={chat.id}
        onClose={() => setBrowsing(false)}
        onGoTo={(seq) => {
          onClose()
          goToChat(chat.id, seq)
        }}
      />
    )
  }
  if (asking !== undefined) {
    return (
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
  }
  const files = (
    <button type="button" className="person-button new-group" onClick={() => setBrowsing(true)}>
      <span className="round-icon">
        <Icon name="image" size={20} />
      </span>
      {fileWords.gallery.title}
    </button>
  )
  return (
    <Dialog title={isGroup ? dialogs.group.title : words.chat.info} onClose={onClose}>
      {isGroup ? (
        <>
          <div className="card">
            <Avatar id={chat.id + 3} name={chat.title} picture={chat.avatar} size="l" />
            <GroupName chat={chat} canRename={isAdmin} />
            <p className="dialog-text" title={fullTime(chat.created_at)}>
              {words.chat.members(chat.member_count)}
            </p>
            {isAdmin && (
              <PictureChoice picture={chat.avatar} onChange={(avatar) => client.changeChat(chat.id, { avatar })} />
            )}
          </div>
          {isAdmin && (
            <button type="button" className="person-button new-group" onClick={() => setAdding(true)}>
              <span className="round-icon">
                <Icon name="addPerson" size={20} />
              </span>
              {dialogs.people.addMembers}
            </button>
          )}
          {files}
          <ChatSettings chat={chat} />
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
      ) : (
        <>
          <PersonInfo chat={chat} />
          {files}
          <ChatSettings chat={chat} />
        </>
      )}
    </Dialog>
  )
}
