// Which chats the list shows: all, those with something unread, or the archive.
import type { ChatView } from "../../src/client/state/ChatState.ts"
import { useWords } from "../i18n/useWords.ts"
import { type Folder, isArchived, unreadOf } from "../model/quiet.ts"
import { useMinute } from "../now.ts"

export const Folders = ({
  chats,
  folder,
  onFolder,
}: {
  chats: ReadonlyArray<ChatView>
  folder: Folder
  onFolder: (folder: Folder) => void
}) => {
  const { list: words } = useWords()
  useMinute()
  const archived = chats.filter(isArchived)
  const others = chats.filter((chat) => !isArchived(chat))
  const { loud, quiet } = unreadOf(others, Date.now())
  const archive = unreadOf(archived, Date.now())
  const all: ReadonlyArray<readonly [Folder, string, number, number]> = [
    ["all", words.all, 0, 0],
    ["unread", words.unreadOnly, loud, quiet],
    ...(archived.length > 0 || folder === "archive"
      ? [["archive", words.archive, archive.loud, archive.quiet] as const]
      : []),
  ]
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has a legend and no place for one
    <div className="folders" role="group" aria-label={words.folders}>
      {all.map(([name, label, important, rest]) => (
        <button
          key={name}
          type="button"
          className="folder"
          aria-pressed={folder === name}
          onClick={() => onFolder(name)}
        >
          {label}
          {important + rest > 0 && (
            <span className={important > 0 ? "folder-count folder-count-loud" : "folder-count"}>
              <span aria-hidden="true">{(important || rest) > 999 ? "999+" : important || rest}</span>
              <span className="visually-hidden">{words.unread(important || rest)}</span>
            </span>
          )}
        </button>
      ))}
    </div>
  )
}
