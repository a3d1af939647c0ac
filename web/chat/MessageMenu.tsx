// The actions on one message, and their windows.
import type { ChatView } from "../../src/client/state/ChatState.ts"
import { useTextWords } from "../i18n/useTextWords.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useMe } from "../model/hooks.ts"
import { Menu, type MenuItem, type MenuPlace } from "../ui/Menu.tsx"
import { notice } from "../ui/notices.tsx"
import { copyText } from "./copyText.ts"
import { isClosed } from "./names.ts"
import { QuickEmoji } from "./reactions/QuickEmoji.tsx"
import type { ReactionActions } from "./reactions/useReactions.tsx"

export const MessageMenu = ({
  chat,
  entry,
  place,
  onClose,
  onReply,
  onEdit,
  onDelete,
  onReaders,
  reactions,
}: {
  chat: ChatView
  entry: Entry
  place: MenuPlace
  onClose: () => void
  onReply: (entry: Entry) => void
  onEdit: (entry: Entry) => void
  onDelete: (entry: Entry) => void
  onReaders: (entry: Entry) => void
  reactions: ReactionActions | undefined
}) => {
  const { reactions: reactionWords } = useTextWords()
  const { chat: words } = useWords()
  const me = useMe()
  const own = entry.sender_id === me.id
  const open = !isClosed(chat)
  const items: Array<MenuItem> = [
    {
      label: words.copy,
      icon: "copy",
      act: () => void copyText(entry.text).then((copied) => copied && notice(words.copied)),
    },
  ]
  if (open) items.unshift({ label: words.reply, icon: "reply", act: () => onReply(entry) })
  // The text of a forward belongs to another author.
  if (own && open && entry.author === undefined)
    items.push({ label: words.edit, icon: "pencil", act: () => onEdit(entry) })
  if (chat.type === "group") items.push({ label: words.readBy, icon: "eye", act: () => onReaders(entry) })
  if (reactions !== undefined && entry.reactions.length > 0)
    items.push({ label: reactionWords.who, icon: "smile", act: () => reactions.showWho(entry) })
  if (own || chat.role === "owner" || chat.role === "admin") {
    items.push({ label: words.delete, icon: "trash", danger: true, act: () => onDelete(entry) })
  }
  const head = reactions !== undefined && (
    <div className="menu-emoji">
      <QuickEmoji
        mine={entry.mine}
        count={5}
        role="menuitem"
        onChoose={(emoji) => {
          onClose()
          reactions.react(entry, emoji)
        }}
        onMore={() => {
          onClose()
          reactions.pick(entry, place)
        }}
      />
    </div>
  )
  return <Menu label={words.actions} items={items} head={head} place={place} onClose={onClose} />
}
