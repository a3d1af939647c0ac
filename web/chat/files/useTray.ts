// What is done with attached files: they are kept, shown, sent. Offered again after a reload, as a draft is, and the same in all tabs.

import { useEffect, useMemo, useSyncExternalStore } from "react"
import type { ChatClient, FileToSend } from "../../../src/client/ChatClient.ts"
import type { FileId } from "../../../src/domain/File.ts"
import type { ChatId, MessageId } from "../../../src/domain/Ids.ts"
import { useMe } from "../../model/hooks.ts"
import { dropFiles, keepAsFiles, keepFile, keptFiles, type WritingPlace } from "./keptFiles.ts"
import { type Attached, attached, change, keyOf, loaded, type Staged, subscribe, tabs } from "./staged.ts"

export interface Tray extends Attached {
  attach(files: Iterable<File>): void
  remove(id: number): void
  sendAsFiles(asFiles: boolean): void
  /** Sends what is attached, ten files in a message; the first one has the text. */
  send(client: ChatClient, text: string, replyTo: MessageId | undefined): void
  /** Uploads what is attached, for a message that the server sends later: at most ten files. It stays attached. */
  upload(client: ChatClient): Promise<ReadonlyArray<FileId>>
  clear(): void
}

/** Sent or removed here: their end may not be stored yet. */
const gone = new Set<number>()
let lastId = 0

const changeOne = (key: string, id: number, part: Partial<Staged>): void => {
  const now = attached(key)
  change(key, { ...now, files: now.files.map((one) => (one.id === id ? { ...one, ...part } : one)) })
}

/** Stores a change, for a reload and for other tabs. Without storage all lasts as long as the page. */
const stored = <A>(place: WritingPlace, change: Promise<A>): Promise<A | undefined> =>
  change.then(
    (result) => {
      tabs?.postMessage(place)
      return result
    },
    () => undefined,
  )

const shapeOf = async (file: File): Promise<Staged["shape"]> => {
  const url = URL.createObjectURL(file)
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    return { width: image.naturalWidth, height: image.naturalHeight }
  } catch {
    return null
  } finally {
    URL.revokeObjectURL(url)
  }
}

const measure = (key: string, files: ReadonlyArray<Staged>): void => {
  for (const { file, id } of files)
    if (file.type.startsWith("image/")) void shapeOf(file).then((shape) => changeOne(key, id, { shape }))
}

/** Shows what is stored, and what only this page has. */
const load = async (place: WritingPlace): Promise<void> => {
  const key = keyOf(place)
  loaded.add(key)
  const kept = await keptFiles(place).catch(() => undefined)
  if (kept === undefined) return
  const { files } = attached(key)
  const known = new Map(files.map((one) => [one.id, one]))
  const all = kept.files
    .filter(({ id }) => !gone.has(id))
    .map(({ file, id }): Staged => known.get(id) ?? { id, file, shape: undefined, kept: true })
  const ids = new Set(all.map(({ id }) => id))
  const here = files.filter((one) => one.kept !== true && !ids.has(one.id))
  const next = [...all, ...here].sort((a, b) => a.id - b.id)
  if (next.length === 0 && files.length === 0) return
  change(key, { files: next, asFiles: kept.asFiles })
  measure(
    key,
    next.filter(({ id }) => !known.has(id)),
  )
}

tabs?.addEventListener("message", ({ data }: MessageEvent<WritingPlace>) => {
  if (loaded.has(keyOf(data))) void load(data)
})

const attach = (place: WritingPlace, files: Iterable<File>): void => {
  const key = keyOf(place)
  const added = [...files].map((file): Staged => {
    lastId = Math.max(lastId + 1, Date.now() * 1_000)
    return { id: lastId, file, shape: undefined, kept: undefined }
  })
  const now = attached(key)
  change(key, { ...now, files: [...now.files, ...added] })
  measure(key, added)
  for (const { file, id } of added) {
    void stored(place, keepFile({ ...place, id, file })).then((kept) => {
      // Sent or removed before it was stored.
      if (gone.has(id)) void stored(place, dropFiles(place, [id]))
      else changeOne(key, id, { kept: kept === true })
    })
  }
}

const drop = (place: WritingPlace, ids: ReadonlyArray<number>): void => {
  const key = keyOf(place)
  for (const id of ids) gone.add(id)
  const now = attached(key)
  const files = now.files.filter(({ id }) => !ids.includes(id))
  change(key, { ...now, files })
  if (files.length === 0 && now.asFiles) void stored(place, keepAsFiles(place, false))
  void stored(place, dropFiles(place, ids))
}

const sendAsFiles = (place: WritingPlace, asFiles: boolean): void => {
  const key = keyOf(place)
  change(key, { ...attached(key), asFiles })
  void stored(place, keepAsFiles(place, asFiles))
}

export const isRefused = ({ file }: Staged, limit: number | null | undefined): boolean =>
  file.size === 0 || (typeof limit === "number" && file.size > limit)

/** The files of a clipboard or of what is dropped. Copied text may bring a picture of itself, which nobody means. */
export const filesOf = (data: DataTransfer | null): ReadonlyArray<File> =>
  data === null || data.types.includes("text/plain") ? [] : [...data.files]

export const mostInMessage = 10

const toSend = ({ file, shape }: Staged, asFiles: boolean): FileToSend => ({
  content: file,
  ...(shape ? { width: shape.width, height: shape.height } : {}),
  ...(asFiles && file.type.startsWith("image/") ? { as: "file" } : {}),
})

const send = (place: WritingPlace, client: ChatClient, text: string, replyTo: MessageId | undefined): void => {
  const { asFiles, files } = attached(keyOf(place))
  for (let from = 0; from < files.length; from += mostInMessage) {
    const part = files.slice(from, from + mostInMessage).map((one) => toSend(one, asFiles))
    // In a thread each of them is a reply.
    const reply = replyTo !== undefined && (from === 0 || place.thread !== 0) ? { replyTo } : {}
    client.send(place.chatId, from === 0 ? text : "", { files: part, ...reply })
  }
  clear(place)
}

const clear = (place: WritingPlace): void =>
  drop(
    place,
    attached(keyOf(place)).files.map(({ id }) => id),
  )

const upload = async (place: WritingPlace, client: ChatClient): Promise<ReadonlyArray<FileId>> => {
  const { asFiles, files } = attached(keyOf(place))
  const ids: Array<FileId> = []
  for (const one of files) ids.push((await client.upload(toSend(one, asFiles))).id)
  return ids
}

/** `thread`: the root of the thread in which it is written. */
export const useTray = (chatId: ChatId, thread?: MessageId): Tray => {
  const { id: userId } = useMe()
  const place = useMemo<WritingPlace>(() => ({ userId, chatId, thread: thread ?? 0 }), [userId, chatId, thread])
  const key = keyOf(place)
  const now = useSyncExternalStore(subscribe, () => attached(key))
  useEffect(() => {
    if (!loaded.has(key)) void load(place)
  }, [key, place])
  return useMemo(
    () => ({
      ...now,
      attach: (files) => attach(place, files),
      remove: (id) => drop(place, [id]),
      sendAsFiles: (asFiles) => sendAsFiles(place, asFiles),
      send: (client, text, replyTo) => send(place, client, text, replyTo),
      upload: (client) => upload(place, client),
      clear: () => clear(place),
    }),
    [now, place],
  )
}
