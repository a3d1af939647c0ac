// The actions on one message, and their windows.
import type { ChatView } from "../../src/client/state/ChatState.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useMe } from "../model/hooks.ts"
import { Menu, type MenuItem, type MenuPlace } from "../ui/Menu.tsx"
import { notice } from "../ui/notices.tsx"
import { copyText } from "./copyText.ts"
import { isClosed } from "./names.ts"

export const MessageMenu = ({
  chat,
  entry,
  place,
  onClose,
  onReply,
  onEdit,
  onDelete,
  onReaders,
}: {
  chat: ChatView
  entry: Entry
  place: MenuPlace
  onClose: () => void
  onReply: (entry: Entry) => void
  onEdit: (entry: Entry) => void
  onDelete: (entry: Entry) => void
  onReaders: (entry: Entry) => void
}) => {
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
  if (own || chat.role === "owner" || chat.role === "admin") {
    items.push({ label: words.delete, icon: "trash", danger: true, act: () => onDelete(entry) })
  }
  return <Menu label={words.actions} items={items} place={place} onClose={onClose} />
}
