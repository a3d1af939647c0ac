// Addresses of bytes that this page holds: files that are not uploaded yet, and the user's own for a while afterwards, so
// that a picture stays visible while its message takes the place of the unsent one.
import { useLayoutEffect, useState } from "react"
import type { FileContent } from "../../../src/client/state/ChatState.ts"
import type { FileId } from "../../../src/domain/File.ts"

/** Another row may show the same bytes a moment later. */
const lingerMillis = 5_000

const shown = new Map<Blob, { readonly url: string; users: number }>()

const acquire = (blob: Blob): string => {
  const before = shown.get(blob)
  if (before !== undefined) {
    before.users++
    return before.url
  }
  const url = URL.createObjectURL(blob)
  shown.set(blob, { url, users: 1 })
  return url
}

const release = (blob: Blob): void => {
  setTimeout(() => {
    const entry = shown.get(blob)
    if (entry === undefined || --entry.users > 0) return
    URL.revokeObjectURL(entry.url)
    shown.delete(blob)
  }, lingerMillis)
}

/** Valid while the component is there. */
export const useBlobUrl = (content: FileContent | undefined): string | undefined => {
  const blob = content instanceof Blob ? content : undefined
  const [url, setUrl] = useState<string>()
  useLayoutEffect(() => {
    if (blob === undefined) return
    setUrl(acquire(blob))
    return () => {
      setUrl(undefined)
      release(blob)
    }
  }, [blob])
  return url
}

const mostOwn = 20
const own = new Map<FileId, Blob>()

export const rememberOwn = (id: FileId, content: FileContent): void => {
  if (!(content instanceof Blob) || own.has(id)) return
  own.set(id, content)
  const [oldest] = own.keys()
  if (own.size > mostOwn && oldest !== undefined) own.delete(oldest)
}

export const ownBytes = (id: FileId): Blob | undefined => own.get(id)
