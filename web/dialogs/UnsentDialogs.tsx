// Shows the unsent text of chats that the user has left, one after the other.
import { copyText } from "../chat/copyText.ts"
import { useUnsent } from "../chat/useUnsent.ts"
import { useWords } from "../i18n/useWords.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { notice } from "../ui/notices.tsx"

const UnsentDialog = ({ text, onClose }: { text: string; onClose: () => void }) => {
  const { chat: words } = useWords()
  return (
    <Dialog
      title={words.unsentTitle}
      onClose={onClose}
      narrow
      footer={
        <button
          type="button"
          className="button button-main"
          onClick={() => void copyText(text).then((copied) => copied && notice(words.copied))}
        >
          {words.copyAll}
        </button>
      }
    >
      <p className="dialog-text">{words.unsentText}</p>
      <textarea
        className="text-input unsent"
        readOnly
        dir="auto"
        rows={5}
        aria-label={words.unsentTitle}
        value={text}
      />
    </Dialog>
  )
}

export const UnsentDialogs = () => {
  const [unsent, drop] = useUnsent()
  return unsent === undefined ? null : <UnsentDialog key={unsent.chatId} text={unsent.text} onClose={drop} />
}
