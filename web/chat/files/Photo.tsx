// A picture in its place: the colours of its hash at once, then the thumb or the whole, as sharp as the place needs.
import { useState } from "react"
import { thumbHashToDataURL } from "thumbhash"
import type { PendingUpload } from "../../../src/client/state/ChatState.ts"
import type { File } from "../../../src/domain/File.ts"
import { at } from "../../base.ts"
import { Icon } from "../../ui/Icon.tsx"
import { ownBytes, rememberOwn, useBlobUrl } from "./blobUrls.ts"

/** The longer side of a thumb, in pixels. */
const thumbSide = 320

const thumbWidth = (width: number, height: number): number =>
  Math.max(1, Math.round(width * Math.min(1, thumbSide / Math.max(width, height))))

const hashes = new Map<string, string>()

/** Undefined for what is no hash. */
const hashUrl = (hash: string | undefined): string | undefined => {
  if (hash === undefined) return undefined
  const before = hashes.get(hash)
  if (before !== undefined) return before
  try {
    const url = thumbHashToDataURL(Uint8Array.from(atob(hash), (sign) => sign.charCodeAt(0)))
    if (hashes.size > 500) hashes.clear()
    hashes.set(hash, url)
    return url
  } catch {
    return undefined
  }
}

/** The widths of a picture's versions, from which the browser chooses. A moving picture has one. */
const versions = ({ height, id, type, width }: File): string | undefined =>
  width === undefined || height === undefined || type === "image/gif" || Math.max(width, height) <= thumbSide
    ? undefined
    : `${at(`/files/${id}/thumb`)} ${thumbWidth(width, height)}w, ${at(`/files/${id}`)} ${width}w`

/** `sizes`: how wide it is shown, in CSS. */
export const Photo = ({ file, sizes, name }: { file: File; sizes: string; name: string }) => {
  const [missing, setMissing] = useState(false)
  const before = useBlobUrl(ownBytes(file.id)) ?? hashUrl(file.thumbhash)
  if (missing) {
    return (
      <span className="photo-missing">
        <Icon name="alert" size={20} />
      </span>
    )
  }
  return (
    <>
      {before !== undefined && <img className="photo-before" src={before} alt="" />}
      <img
        className="photo-image"
        src={at(`/files/${file.id}`)}
        srcSet={versions(file)}
        sizes={sizes}
        alt={name}
        loading="lazy"
        decoding="async"
        draggable={false}
        onError={() => setMissing(true)}
      />
    </>
  )
}

/** One that is on its way. */
export const UnsentPhoto = ({ upload }: { upload: PendingUpload }) => {
  const url = useBlobUrl(upload.content)
  if (upload.file !== null) rememberOwn(upload.file.id, upload.content)
  return url === undefined ? null : (
    <img className="photo-image photo-unsent" src={url} alt={upload.name} draggable={false} />
  )
}
