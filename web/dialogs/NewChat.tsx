// Creates a private chat: find the user.
import type { ChatId } from "../../src/domain/Ids.ts"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useClient } from "../model/hooks.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { Icon } from "../ui/Icon.tsx"
import { attempt } from "../ui/notices.tsx"
import { PickOne } from "./PeoplePicker.tsx"

export const NewChat = ({
  onClose,
  onGroup,
  onChat,
}: {
  onClose: () => void
  onGroup: () => void
  onChat: (id: ChatId) => void
}) => {
  const words = useWords()
  const dialogs = useDialogWords()
  const client = useClient()
  return (
    <Dialog title={dialogs.people.newChatTitle} onClose={onClose}>
      <button type="button" className="person-button new-group" onClick={onGroup}>
        <span className="round-icon">
          <Icon name="people" size={20} />
        </span>
        {words.list.newGroup}
      </button>
      <PickOne onPick={(user) => void attempt(client.openPrivate(user.id).then((chat) => onChat(chat.id)))} />
    </Dialog>
  )
}
