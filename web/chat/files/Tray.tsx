// What is attached to the message that is being written, above its text: previews, sizes, and a way to remove each.
import { useFileWords } from "../../i18n/useFileWords.ts"
import { Icon } from "../../ui/Icon.tsx"
import { useBlobUrl } from "./blobUrls.ts"
import type { FileLimit } from "./offer.ts"
import { fileSize } from "./sizes.ts"
import type { Staged } from "./staged.ts"
import { type Tray as Attached, isRefused } from "./useTray.ts"

const Preview = ({ staged }: { staged: Staged }) => {
  const url = useBlobUrl(staged.shape ? staged.file : undefined)
  if (url !== undefined) return <img className="tray-image" src={url} alt="" draggable={false} />
  return (
    <span className="tray-kind">
      <Icon name="file" size={26} />
    </span>
  )
}

const TrayItem = ({ staged, tray, limit }: { staged: Staged; tray: Attached; limit: FileLimit }) => {
  const words = useFileWords()
  const { file, id } = staged
  const refused = isRefused(staged, limit)
  const about = !refused ? fileSize(file.size) : file.size === 0 ? words.empty : words.tooLarge(fileSize(limit ?? 0))
  return (
    <li className={refused ? "tray-item tray-item-refused" : "tray-item"}>
      <Preview staged={staged} />
      <bdi className="tray-name">{file.name}</bdi>
      <span className="tray-size" role={refused ? "alert" : undefined}>
        {about}
      </span>
      <button
        type="button"
        className="tray-remove"
        aria-label={words.remove(file.name)}
        onClick={() => tray.remove(id)}
      >
        <Icon name="close" size={16} />
      </button>
    </li>
  )
}

export const Tray = ({ tray, limit }: { tray: Attached; limit: FileLimit }) => {
  const words = useFileWords()
  const { asFiles, files } = tray
  const hasPictures = files.some(({ shape }) => shape)
  return (
    <section className="tray" aria-label={words.attached}>
      <ul className="tray-items">
        {files.map((staged) => (
          <TrayItem key={staged.id} staged={staged} tray={tray} limit={limit} />
        ))}
      </ul>
      {files.some(({ kept }) => kept === false) && (
        <p className="tray-note" role="status">
          {words.notKept}
        </p>
      )}
      {hasPictures && (
        <label className="tray-choice" title={words.asFilesHint}>
          <input type="checkbox" checked={asFiles} onChange={() => tray.sendAsFiles(!asFiles)} />
          {words.asFiles}
        </label>
      )}
    </section>
  )
}
