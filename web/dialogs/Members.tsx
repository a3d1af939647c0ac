// The members of a group, and the actions that the user's role allows.
import { useMemo, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { Member } from "../../src/domain/Chat.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { matches } from "../../src/domain/searchWords.ts"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { useClient, useConversation, useMe } from "../model/hooks.ts"
import { Confirm } from "../ui/Dialog.tsx"
import { Icon } from "../ui/Icon.tsx"
import { below, Menu, type MenuItem, type MenuPlace } from "../ui/Menu.tsx"
import { attempt } from "../ui/notices.tsx"
import { Loading } from "../ui/Waiting.tsx"
import { PersonLine } from "./PersonLine.tsx"

const step = 100
const searchFrom = 12
const rank = { owner: 0, admin: 1, member: 2 } as const

export const Members = ({ chat, onChat }: { chat: ChatView; onChat: (id: ChatId) => void }) => {
  const dialogs = useDialogWords()
  const client = useClient()
  const me = useMe()
  const members = useConversation(chat.id)?.members ?? null
  const [query, setQuery] = useState("")
  const [limit, setLimit] = useState(step)
  const [menu, setMenu] = useState<{ member: Member; place: MenuPlace }>()
  const [heir, setHeir] = useState<Member>()

  const sorted = useMemo(
    () =>
      [...(members ?? [])].sort(
        (a, b) => rank[a.role] - rank[b.role] || a.user.display_name.localeCompare(b.user.display_name),
      ),
    [members],
  )
  const found = sorted.filter(({ user }) => matches(query, user.display_name, user.username))

  const itemsFor = (member: Member): ReadonlyArray<MenuItem> => {
    const { user, role } = member
    const items: Array<MenuItem> = [
      {
        label: dialogs.group.message,
        icon: "chats",
        act: () => void attempt(client.openPrivate(user.id).then(({ id }) => onChat(id))),
      },
    ]
    const setRole = (next: Member["role"]) => void attempt(client.setRole(chat.id, user.id, next))
    if (chat.role === "owner") {
      items.push(
        role === "admin"
          ? { label: dialogs.group.makeMember, icon: "person", act: () => setRole("member") }
          : { label: dialogs.group.makeAdmin, icon: "shield", act: () => setRole("admin") },
        { label: dialogs.group.makeOwner, icon: "check", act: () => setHeir(member) },
      )
    }
    if (chat.role === "owner" || (chat.role === "admin" && role === "member")) {
      items.push({
        label: dialogs.group.remove,
        icon: "trash",
        danger: true,
        act: () => void attempt(client.removeMember(chat.id, user.id)),
      })
    }
    return items
  }

  if (members === null) {
    return <Loading />
  }
  return (
    <>
      {members.length >= searchFrom && (
        <input
          className="text-input"
          type="text"
          aria-label={dialogs.group.search}
          placeholder={dialogs.group.search}
          value={query}
          dir="auto"
          onChange={(event) => setQuery(event.target.value)}
        />
      )}
      <ul className="people">
        {found.slice(0, limit).map((member) => (
          <li key={member.user.id} className="member">
            <PersonLine
              user={member.user}
              note={
                <>
                  @{member.user.username}
                  {member.user.id === me.id && ` · ${dialogs.group.you}`}
                </>
              }
            >
              {member.role !== "member" && (
                <span className={`role role-${member.role}`}>{dialogs.group[member.role]}</span>
              )}
              {member.user.id === me.id ? (
                <span className="member-space" />
              ) : (
                <button
                  type="button"
                  className="icon-button"
                  aria-label={dialogs.group.actions(member.user.display_name)}
                  aria-haspopup="menu"
                  onClick={(event) => setMenu({ member, place: below(event.currentTarget) })}
                >
                  <Icon name="more" size={20} />
                </button>
              )}
            </PersonLine>
          </li>
        ))}
      </ul>
      {found.length > limit && (
        <button type="button" className="quiet-button" onClick={() => setLimit(limit + step)}>
          {dialogs.group.more}
        </button>
      )}
      {menu !== undefined && (
        <Menu
          label={dialogs.group.actions(menu.member.user.display_name)}
          items={itemsFor(menu.member)}
          place={menu.place}
          onClose={() => setMenu(undefined)}
        />
      )}
      {heir !== undefined && (
        <Confirm
          title={dialogs.group.handoverTitle(heir.user.display_name)}
          text={dialogs.group.handoverText}
          action={dialogs.group.makeOwner}
          onClose={() => setHeir(undefined)}
          onConfirm={() => void attempt(client.setRole(chat.id, heir.user.id, "owner"))}
        />
      )}
    </>
  )
}
