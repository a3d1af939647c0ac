// The users who have read a message.
import { useEffect, useState } from "react"
import type { MessageId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import { useWords } from "../i18n/useWords.ts"
import { useClient } from "../model/hooks.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { refusalText } from "../ui/notices.tsx"
import { Failure, Loading } from "../ui/Waiting.tsx"
import { PersonLine } from "./PersonLine.tsx"

export const Readers = ({ messageId, onClose }: { messageId: MessageId; onClose: () => void }) => {
  const words = useWords()
  const client = useClient()
  const [readers, setReaders] = useState<ReadonlyArray<User>>()
  const [failure, setFailure] = useState<string>()
  useEffect(() => {
    const abort = new AbortController()
    client.readers(messageId, { signal: abort.signal }).then(setReaders, (cause) => {
      if (!abort.signal.aborted) setFailure(refusalText(cause))
    })
    return () => abort.abort()
  }, [client, messageId])
  return (
    <Dialog title={words.chat.readBy} onClose={onClose} narrow readOnly>
      {failure !== undefined ? (
        <Failure>{failure}</Failure>
      ) : readers === undefined ? (
        <Loading />
      ) : readers.length === 0 ? (
        <p className="dialog-text">{words.chat.readByNone}</p>
      ) : (
        <>
          <p className="dialog-text">{words.chat.readByCount(readers.length)}</p>
          <ul className="people">
            {readers.map((user) => (
              <li key={user.id}>
                <PersonLine user={user} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  )
}
