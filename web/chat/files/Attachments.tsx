// The files of a message: pictures and videos as an album, voice and music with a player, everything else by name.
import type { PendingUpload } from "../../../src/client/state/ChatState.ts"
import type { File } from "../../../src/domain/File.ts"
import { at } from "../../base.ts"
import { useFileWords } from "../../i18n/useFileWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import type { Entry } from "../../model/Entry.ts"
import { useChatState, useClient } from "../../model/hooks.ts"
import "../../styles/files.css"
import { Icon } from "../../ui/Icon.tsx"
import { albumRows, shownRatio, soleWidth } from "./album.ts"
import { useBlobUrl } from "./blobUrls.ts"
import { uploadKind } from "./oneLine.ts"
import { Photo, UnsentPhoto } from "./Photo.tsx"
import { Player } from "./Player.tsx"
import { fileSize } from "./sizes.ts"
import { viewAmong } from "./viewing.ts"

type Item =
  | { readonly key: string; readonly file: File; readonly upload: null }
  | { readonly key: string; readonly file: null; readonly upload: PendingUpload }

const kindOf = ({ file, upload }: Item) => (file === null ? uploadKind(upload) : file.kind)
const shapeOf = ({ file, upload }: Item) => file ?? upload

const Video = ({ file }: { file: File }) => (
  // biome-ignore lint/a11y/useMediaCaption: nobody has written down what is said in it
  <video
    className="album-video"
    src={at(`/files/${file.id}`)}
    controls
    preload="metadata"
    playsInline
    aria-label={file.name}
  />
)

const UnsentVideo = ({ upload }: { upload: PendingUpload }) => {
  const url = useBlobUrl(upload.content)
  return <video className="album-video" src={url} preload="metadata" playsInline muted aria-label={upload.name} />
}

const Cell = ({ item, sizes, onOpen }: { item: Item; sizes: string; onOpen: (file: File) => void }) => {
  const words = useFileWords()
  const { file, upload } = item
  const isVideo = kindOf(item) === "video"
  if (file === null) return isVideo ? <UnsentVideo upload={upload} /> : <UnsentPhoto upload={upload} />
  if (isVideo) return <Video file={file} />
  return (
    <button type="button" className="photo" aria-label={words.open(file.name)} onClick={() => onOpen(file)}>
      <Photo file={file} sizes={sizes} name={file.name} />
    </button>
  )
}

/** One picture has its own size, several have one width together. */
const Album = ({ items, onOpen }: { items: ReadonlyArray<Item>; onOpen: (file: File) => void }) => {
  const ratios = items.map((item) => {
    const { height, width } = shapeOf(item)
    return shownRatio(width, height)
  })
  const [first] = items
  const width = items.length > 1 || first === undefined ? 420 : soleWidth(shapeOf(first).width, shapeOf(first).height)
  let next = 0
  return (
    <div className="album" style={{ width }}>
      {albumRows(ratios).map((length) => {
        const from = next
        next += length
        const row = items.slice(from, next)
        const sum = ratios.slice(from, next).reduce((total, ratio) => total + ratio, 0)
        return (
          <div key={row[0]?.key} className="album-row" style={{ aspectRatio: sum }}>
            {row.map((item, i) => {
              const ratio = ratios[from + i] ?? 1
              return (
                <div key={item.key} className="album-cell" style={{ flexGrow: ratio / sum }}>
                  <Cell item={item} sizes={`${Math.round((width * ratio) / sum)}px`} onOpen={onOpen} />
                </div>
              )
            })}
          </div>
        )
      })}
    </div>
  )
}

export const FileLine = ({ file }: { file: File }) => {
  const words = useFileWords()
  const isShown = file.type === "application/pdf"
  return (
    <a
      className="document"
      href={at(`/files/${file.id}`)}
      {...(isShown ? { target: "_blank", rel: "noreferrer" } : { download: file.name })}
      title={isShown ? undefined : words.viewer.save}
    >
      <span className="document-icon">
        <Icon name={isShown ? "file" : "download"} size={22} />
      </span>
      <span className="document-text">
        <bdi className="document-name">{file.name}</bdi>
        <span className="document-size">{fileSize(file.size)}</span>
      </span>
    </a>
  )
}

const UnsentLine = ({ upload }: { upload: PendingUpload }) => (
  <div className="document">
    <span className="document-icon">
      <Icon name="file" size={22} />
    </span>
    <span className="document-text">
      <bdi className="document-name">{upload.name}</bdi>
      <span className="document-size">{fileSize(upload.size ?? 0)}</span>
    </span>
  </div>
)

const Sound = ({ item }: { item: Item }) => {
  const { file, upload } = item
  const url = useBlobUrl(upload?.content)
  const name = kindOf(item) === "voice" ? undefined : shapeOf(item).name
  const [waveform, durationMs] =
    file === null ? [upload.waveform, upload.durationMs] : [file.waveform, file.duration_ms]
  return (
    <Player
      src={file === null ? url : at(`/files/${file.id}`)}
      name={name}
      waveform={waveform}
      durationMs={durationMs}
    />
  )
}

/** `over`: on the pictures, which do not move when it goes. */
const Progress = ({ entry, over, onCancel }: { entry: Entry; over: boolean; onCancel: () => void }) => {
  const words = useFileWords()
  const { chat } = useWords()
  const online = useChatState((state) => state.connection.status === "online")
  const total = entry.uploads.reduce((sum, { size }) => sum + (size ?? 0), 0)
  const sent = entry.uploads.reduce((sum, { file, sent, size }) => sum + (file === null ? sent : (size ?? 0)), 0)
  if (entry.uploads.every(({ file }) => file !== null)) return null
  return (
    <div className={over ? "upload upload-over" : "upload"}>
      <progress className="upload-bar" aria-label={words.progress} max={total} value={Math.min(sent, total)} />
      <span className="upload-text">{online ? words.uploading(fileSize(sent), fileSize(total)) : words.waiting}</span>
      <button
        type="button"
        className="icon-button upload-cancel"
        aria-label={words.cancel}
        title={chat.failedDiscard}
        onClick={onCancel}
      >
        <Icon name="close" size={18} />
      </button>
    </div>
  )
}

export const Attachments = ({ entry, onCancel }: { entry: Entry; onCancel: () => void }) => {
  const client = useClient()
  const items: ReadonlyArray<Item> = [
    ...entry.attachments.map((file, i): Item => ({ key: String(i), file, upload: null })),
    ...entry.uploads.map((upload, i): Item => ({ key: String(i), file: null, upload })),
  ]
  const visual = items.filter((item) => kindOf(item) === "photo" || kindOf(item) === "video")
  const others = items.filter((item) => !visual.includes(item))
  const isSending = entry.status === "sending" && entry.uploads.length > 0
  const open = (file: File) => {
    const conversations = [...client.getState().conversations.values()]
    const messages = conversations.find(({ messages }) => messages.some(({ id }) => id === entry.id))?.messages
    viewAmong(messages ?? [], file)
  }
  return (
    <div className="attachments">
      {visual.length > 0 && (
        <div className="album-frame">
          <Album items={visual} onOpen={open} />
          {isSending && <Progress entry={entry} over onCancel={onCancel} />}
        </div>
      )}
      {others.map((item) => {
        const kind = kindOf(item)
        if (kind === "voice" || kind === "audio") return <Sound key={item.key} item={item} />
        return item.file === null ? (
          <UnsentLine key={item.key} upload={item.upload} />
        ) : (
          <FileLine key={item.key} file={item.file} />
        )
      })}
      {isSending && visual.length === 0 && <Progress entry={entry} over={false} onCancel={onCancel} />}
    </div>
  )
}
