// The parts of the information about a chat: the peer, the group's name and description, adding people.
import { type FormEvent, useMemo, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import { ChatAvatar } from "../chat/ChatAvatar.tsx"
import { chatTitle, isClosed } from "../chat/names.ts"
import { Link } from "../chat/RichText.tsx"
import { agoTime } from "../format.ts"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { pieces } from "../links.ts"
import { useChatState, useClient, useConversation, useIsOnline } from "../model/hooks.ts"
import { useMinute } from "../now.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { Icon } from "../ui/Icon.tsx"
import { attempt } from "../ui/notices.tsx"
import { PickMany } from "./PeoplePicker.tsx"

export const PersonInfo = ({ chat }: { chat: ChatView }) => {
  const words = useWords()
  const dialogs = useDialogWords()
  useMinute()
  const online = useIsOnline(chat.peer?.id)
  const lastSeen = useChatState((state) =>
    chat.peer === null ? null : (state.presence.get(chat.peer.id)?.lastSeenAt ?? null),
  )
  return (
    <div className="card">
      <ChatAvatar chat={chat} size="l" />
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

export const AddPeople = ({ chat, onClose }: { chat: ChatView; onClose: () => void }) => {
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

export const GroupName = ({ chat, canRename }: { chat: ChatView; canRename: boolean }) => {
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

export const GroupDescription = ({ chat, mayChange }: { chat: ChatView; mayChange: boolean }) => {
  const words = useWords()
  const { group } = useDialogWords()
  const client = useClient()
  const { description = "" } = chat
  const [draft, setDraft] = useState<string>()
  const save = async (event: FormEvent) => {
    event.preventDefault()
    // A description is one paragraph.
    const text = (draft ?? "").trim().replace(/\s*\n\s*/g, " ")
    const isSame = text === description
    if (isSame || (await attempt(client.changeChat(chat.id, { description: text === "" ? null : text })))) {
      setDraft(undefined)
    }
  }
  if (draft !== undefined) {
    return (
      <form className="rename" onSubmit={save}>
        <textarea
          className="text-input about-input"
          aria-label={group.description}
          value={draft}
          maxLength={512}
          rows={3}
          dir="auto"
          // biome-ignore lint/a11y/noAutofocus: the field took the place of the button that was pressed
          autoFocus
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape" && event.key !== "Enter") return
            event.preventDefault()
            if (event.key === "Enter") event.currentTarget.form?.requestSubmit()
            else setDraft(undefined)
          }}
        />
        <button type="submit" className="button button-main">
          {words.save}
        </button>
      </form>
    )
  }
  const change = () => setDraft(description)
  if (description === "") {
    return mayChange ? (
      <button type="button" className="quiet-button" onClick={change}>
        <Icon name="pencil" size={18} />
        {group.describe}
      </button>
    ) : null
  }
  return (
    <p className="card-about" dir="auto">
      <span>
        {pieces(description).map((piece, i) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces never change places
          "href" in piece ? <Link key={i} {...piece} /> : piece.text,
        )}
      </span>
      {mayChange && (
        <button type="button" className="icon-button" aria-label={group.changeDescription} onClick={change}>
          <Icon name="pencil" size={18} />
        </button>
      )}
    </p>
  )
}
