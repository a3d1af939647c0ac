// All pinned messages of a chat, in a window.
import type { ChatView } from "../../../src/client/state/ChatState.ts"
import { useMessageWords } from "../../i18n/useMessageWords.ts"
import { Dialog } from "../../ui/Dialog.tsx"
import { PinItems } from "./PinItems.tsx"
import type { PinnedMessage } from "./pinnedMessages.ts"

export const PinList = ({
  chat,
  pins,
  onGo,
  onClose,
}: {
  chat: ChatView
  pins: ReadonlyArray<PinnedMessage>
  onGo: (seq: number) => void
  onClose: () => void
}) => {
  const { pins: words } = useMessageWords()
  return (
    <Dialog title={pins.length === 0 ? words.bar : words.title(pins.length)} onClose={onClose}>
      <PinItems
        chat={chat}
        pins={pins}
        onGo={(seq) => {
          onClose()
          onGo(seq)
        }}
      />
    </Dialog>
  )
}
