// The picture of a chat: of the other one, of the group, or the mark of the saved messages.
import type { ChatView } from "../../src/client/state/ChatState.ts"
import { useWords } from "../i18n/useWords.ts"
import { Avatar, type AvatarSize } from "../ui/Avatar.tsx"
import { Icon } from "../ui/Icon.tsx"
import { chatTitle } from "./names.ts"

export const SavedAvatar = ({ size = "m" }: { size?: AvatarSize }) => (
  <span className={`avatar avatar-${size} avatar-saved`} aria-hidden="true">
    <Icon name="bookmark" size={{ s: 20, m: 24, l: 40 }[size]} />
  </span>
)

export const ChatAvatar = ({
  chat,
  size = "m",
  online = false,
}: {
  chat: ChatView
  size?: AvatarSize
  online?: boolean
}) => {
  const words = useWords()
  if (chat.type === "saved") return <SavedAvatar size={size} />
  const { peer } = chat
  return (
    <Avatar
      // A group has another colour than the user with its number.
      id={peer?.id ?? chat.id + 3}
      name={chatTitle(chat, words)}
      picture={peer?.avatar ?? chat.avatar}
      size={size}
      online={online}
    />
  )
}
