// What a person had written in a chat that they are not in any more: it can still be taken along.
import type { ChatClient } from "../../src/client/ChatClient.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { copyText } from "../chat/copyText.ts"
import { keepTyped, typedIn } from "../chat/typed.ts"
import { useWords } from "../i18n/useWords.ts"
import { useClient } from "../model/hooks.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { notice } from "../ui/notices.tsx"

export interface Unsent {
  readonly chatId: ChatId
  readonly text: string
}

/** undefined: nothing was left unsent. */
export const unsentIn = (client: ChatClient, chatId: ChatId): Unsent | undefined => {
  const pending = client.getState().conversations.get(chatId)?.pending ?? []
  const texts = [...pending.map(({ text }) => text), typedIn(chatId)].filter((text) => text.trim() !== "")
  return texts.length === 0 ? undefined : { chatId, text: texts.join("\n\n") }
}

export const UnsentDialog = ({ unsent, onClose }: { unsent: Unsent; onClose: () => void }) => {
  const { chat: words } = useWords()
  const client = useClient()
  const close = () => {
    for (const { dedupKey } of client.getState().conversations.get(unsent.chatId)?.pending ?? [])
      client.discard(dedupKey)
    keepTyped(unsent.chatId, "")
    onClose()
  }
  return (
    <Dialog
      title={words.unsentTitle}
      onClose={close}
      narrow
      footer={
        <button
          type="button"
          className="button button-main"
          onClick={() => void copyText(unsent.text).then((copied) => copied && notice(words.copied))}
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
        value={unsent.text}
      />
    </Dialog>
  )
}
