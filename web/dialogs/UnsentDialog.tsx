// Shows what a person had written in a chat that they are not in any more.
import { copyText } from "../chat/copyText.ts"
import { useWords } from "../i18n/useWords.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { notice } from "../ui/notices.tsx"

export const UnsentDialog = ({ text, onClose }: { text: string; onClose: () => void }) => {
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
