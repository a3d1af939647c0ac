// The actions on one message.
import type { ChatView } from "../../src/client/state/ChatState.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useTextWords } from "../i18n/useTextWords.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useConversation, useMe } from "../model/hooks.ts"
import { Menu, type MenuItem, type MenuPlace } from "../ui/Menu.tsx"
import { notice } from "../ui/notices.tsx"
import { copyText } from "./copyText.ts"
import type { MessageActs } from "./MessageActs.ts"
import { isClosed } from "./names.ts"
import { mayDelete, mayEdit, mayPin, maySeeHistory } from "./permissions.ts"
import { QuickEmoji } from "./reactions/QuickEmoji.tsx"
import type { ReactionActions } from "./reactions/useReactions.tsx"
import { useReacted } from "./reactions/useWanted.ts"

export const MessageMenu = ({
  chat,
  entry: stored,
  place,
  onClose,
  acts,
  reactions,
}: {
  chat: ChatView
  entry: Entry
  place: MenuPlace
  onClose: () => void
  acts: MessageActs
  reactions: ReactionActions | undefined
}) => {
  const { reactions: reactionWords } = useTextWords()
  const { chat: words } = useWords()
  const { forward, history, pins, select, thread } = useMessageWords()
  const me = useMe()
  const entry = useReacted(stored)
  const isPinned = useConversation(chat.id)?.pins?.some(({ message_id }) => message_id === entry.id) === true
  const items: Array<MenuItem> = []
  const { select: onSelect, thread: onThread } = acts
  if (!isClosed(chat)) items.push({ label: words.reply, icon: "reply", act: () => acts.reply(entry) })
  if (onThread !== undefined) items.push({ label: thread.open, icon: "thread", act: () => onThread(entry) })
  items.push({
    label: words.copy,
    icon: "copy",
    act: () => void copyText(entry.text).then((copied) => copied && notice(words.copied)),
  })
  if (mayEdit(chat, entry, me.id)) items.push({ label: words.edit, icon: "pencil", act: () => acts.edit(entry) })
  if (mayPin(chat)) {
    items.push({ label: isPinned ? pins.unpin : pins.pin, icon: "pushPin", act: () => acts.pin(entry, !isPinned) })
  }
  items.push({ label: forward.forward, icon: "forward", act: () => acts.forward([entry]) })
  if (onSelect !== undefined) items.push({ label: select.select, icon: "select", act: () => onSelect(entry) })
  if (maySeeHistory(chat, entry, me.id))
    items.push({ label: history.open, icon: "history", act: () => acts.history(entry) })
  if (chat.type === "group") items.push({ label: words.readBy, icon: "eye", act: () => acts.readers(entry) })
  if (reactions !== undefined && entry.reactions.length > 0)
    items.push({ label: reactionWords.who, icon: "smile", act: () => reactions.showWho(entry) })
  if (mayDelete(chat, entry, me.id)) {
    items.push({ label: words.delete, icon: "trash", danger: true, act: () => acts.remove([entry]) })
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
