// The files of a chat, by kind, newest first.
import { useCallback, useEffect, useRef, useState } from "react"
import type { ChatFile, FileKind } from "../../../src/domain/File.ts"
import type { ChatId } from "../../../src/domain/Ids.ts"
import { at } from "../../base.ts"
import { useFileWords } from "../../i18n/useFileWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { useClient } from "../../model/hooks.ts"
import { Icon } from "../../ui/Icon.tsx"
import { FileLine } from "./Attachments.tsx"
import { Photo } from "./Photo.tsx"
import { Player } from "./Player.tsx"
import { view } from "./viewing.ts"

const atOnce = 60

type Page = { readonly items: ReadonlyArray<ChatFile>; readonly has_more: boolean } | undefined

const Grid = ({ items, onGoTo }: { items: ReadonlyArray<ChatFile>; onGoTo: (seq: number) => void }) => {
  const words = useFileWords()
  return (
    <ul className="gallery-grid">
      {items.map(({ file, message_id }, index) => (
        <li key={`${message_id}-${file.id}`}>
          <button
            type="button"
            className="photo gallery-cell"
            aria-label={words.open(file.name)}
            onClick={() => view({ items: items.map(({ file, seq }) => ({ file, seq })), index, onGoTo })}
          >
            {file.kind === "video" ? (
              <span className="gallery-video">
                <Icon name="play" size={30} />
                <bdi className="gallery-name">{file.name}</bdi>
              </span>
            ) : (
              <Photo file={file} sizes="140px" name={file.name} />
            )}
          </button>
        </li>
      ))}
    </ul>
  )
}

const List = ({ items, onGoTo }: { items: ReadonlyArray<ChatFile>; onGoTo: (seq: number) => void }) => {
  const words = useFileWords()
  return (
    <ul className="gallery-list">
      {items.map(({ file, message_id, seq }) => (
        <li key={`${message_id}-${file.id}`}>
          {file.kind === "file" ? (
            <FileLine file={file} />
          ) : (
            <Player
              src={at(`/files/${file.id}`)}
              name={file.kind === "voice" ? undefined : file.name}
              waveform={file.waveform}
              durationMs={file.duration_ms}
            />
          )}
          <button
            type="button"
            className="icon-button"
            aria-label={words.viewer.goTo}
            title={words.viewer.goTo}
            onClick={() => onGoTo(seq)}
          >
            <Icon name="chats" size={20} />
          </button>
        </li>
      ))}
    </ul>
  )
}

export const Gallery = ({
  chatId,
  kinds,
  onGoTo,
}: {
  chatId: ChatId
  /** Those that can be chosen, the one that is shown first first. */
  kinds: readonly [FileKind, ...ReadonlyArray<FileKind>]
  onGoTo: (seq: number) => void
}) => {
  const words = useFileWords()
  const page = useWords()
  const client = useClient()
  const [kind, setKind] = useState<FileKind>(kinds[0])
  const [found, setFound] = useState<Page>()
  const [failed, setFailed] = useState(false)
  const asked = useRef(0)
  const load = useCallback(
    async (before: ReadonlyArray<ChatFile>) => {
      const question = ++asked.current
      setFailed(false)
      const last = before.at(-1)
      try {
        const next = await client.chatFiles(chatId, { kind, limit: atOnce, ...(last ? { before: last.seq } : {}) })
        if (question === asked.current) setFound({ items: [...before, ...next.items], has_more: next.has_more })
      } catch {
        if (question === asked.current) setFailed(true)
      }
    },
    [client, chatId, kind],
  )
  useEffect(() => {
    setFound(undefined)
    void load([])
  }, [load])
  return (
    <>
      <fieldset className="gallery-kinds">
        <legend className="visually-hidden">{words.gallery.kinds}</legend>
        {kinds.map((one) => (
          <label key={one} className="gallery-kind">
            <input type="radio" name={`kind-${kinds[0]}`} checked={kind === one} onChange={() => setKind(one)} />
            <span>{words.gallery[one]}</span>
          </label>
        ))}
      </fieldset>
      {found === undefined && !failed && <span className="spinner" role="status" aria-label={page.loading} />}
      {found?.items.length === 0 && <p className="dialog-text">{words.gallery.none}</p>}
      {found !== undefined &&
        found.items.length > 0 &&
        (kind === "photo" || kind === "video" ? (
          <Grid items={found.items} onGoTo={onGoTo} />
        ) : (
          <List items={found.items} onGoTo={onGoTo} />
        ))}
      {failed && (
        <p className="dialog-text" role="alert">
          {words.gallery.failed}{" "}
          <button type="button" className="link-button" onClick={() => void load(found?.items ?? [])}>
            {page.retry}
          </button>
        </p>
      )}
      {found?.has_more === true && !failed && (
        <button type="button" className="button gallery-more" onClick={() => void load(found.items)}>
          {words.gallery.more}
        </button>
      )}
    </>
  )
}
