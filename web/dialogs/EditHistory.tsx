// The former texts of a message, the newest first, above all its present one.
import { useEffect, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { EditHistory as Edits } from "../../src/domain/EditHistory.ts"
import { agoTime, fullTime } from "../format.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useClient, useConversation } from "../model/hooks.ts"
import { useMinute } from "../now.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { refusalText } from "../ui/notices.tsx"
import { Failure, Loading } from "../ui/Waiting.tsx"

export const EditHistory = ({ chat, entry, onClose }: { chat: ChatView; entry: Entry; onClose: () => void }) => {
  const words = useWords()
  const { history } = useMessageWords()
  const client = useClient()
  useMinute()
  const [edits, setEdits] = useState<Edits["items"]>()
  const [failure, setFailure] = useState<string>()
  const now = useConversation(chat.id)?.messages.find(({ id }) => id === entry.id)
  const text = now?.text ?? entry.text
  const { id } = entry
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text means another edit
  useEffect(() => {
    if (id === null) return
    const abort = new AbortController()
    client.edits(id, { signal: abort.signal }).then(setEdits, (cause) => {
      if (!abort.signal.aborted) setFailure(refusalText(cause))
    })
    return () => abort.abort()
  }, [client, id, text])
  return (
    <Dialog title={history.open} onClose={onClose} readOnly>
      {failure !== undefined ? (
        <Failure>{failure}</Failure>
      ) : edits === undefined ? (
        <Loading />
      ) : (
        <ol className="versions">
          <li>
            <p className="version-at">{history.now}</p>
            <p className="version-text" dir="auto">
              {text}
            </p>
          </li>
          {edits.toReversed().map((edit) => (
            <li key={`${edit.at} ${edit.text}`}>
              <time className="version-at" dateTime={edit.at} title={fullTime(edit.at)}>
                {agoTime(edit.at, words)}
              </time>
              <p className="version-text" dir="auto">
                {edit.text}
              </p>
            </li>
          ))}
          {edits.length === 0 && <li className="dialog-text">{history.none}</li>}
        </ol>
      )}
    </Dialog>
  )
}
