// The files that a user has attached to the message that they write, by chat. Kept while the page is open; what was sent is
// the outbox's.
import { useSyncExternalStore } from "react"
import type { ChatClient, FileToSend } from "../../../src/client/ChatClient.ts"
import type { ChatId, MessageId } from "../../../src/domain/Ids.ts"

export interface Staged {
  readonly id: number
  readonly file: File
  /** Pixels of a picture, once they are known; null: it is none that this browser can show. */
  readonly shape: { readonly width: number; readonly height: number } | null | undefined
}

export interface Tray {
  readonly files: ReadonlyArray<Staged>
  /** Pictures are sent as they are. */
  readonly asFiles: boolean
}

const empty: Tray = { files: [], asFiles: false }
const trays = new Map<ChatId, Tray>()
const listeners = new Set<() => void>()
let lastId = 0

const change = (chatId: ChatId, next: Tray): void => {
  if (next.files.length === 0) trays.delete(chatId)
  else trays.set(chatId, next)
  for (const listener of listeners) listener()
}

const trayOf = (chatId: ChatId): Tray => trays.get(chatId) ?? empty

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useTray = (chatId: ChatId): Tray => useSyncExternalStore(subscribe, () => trayOf(chatId))

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

export const stage = (chatId: ChatId, files: Iterable<File>): void => {
  const added = [...files].map((file): Staged => ({ id: ++lastId, file, shape: undefined }))
  const tray = trayOf(chatId)
  change(chatId, { ...tray, files: [...tray.files, ...added] })
  for (const { file, id } of added) {
    if (!file.type.startsWith("image/")) continue
    void shapeOf(file).then((shape) => {
      const now = trayOf(chatId)
      change(chatId, { ...now, files: now.files.map((one) => (one.id === id ? { ...one, shape } : one)) })
    })
  }
}

export const unstage = (chatId: ChatId, id: number): void => {
  const tray = trayOf(chatId)
  change(chatId, { ...tray, files: tray.files.filter((one) => one.id !== id) })
}

export const sendAsFiles = (chatId: ChatId, asFiles: boolean): void => change(chatId, { ...trayOf(chatId), asFiles })

export const isRefused = ({ file }: Staged, limit: number | null | undefined): boolean =>
  file.size === 0 || (typeof limit === "number" && file.size > limit)

/** The files of a clipboard or of what is dropped. Copied text may bring a picture of itself, which nobody means. */
export const filesOf = (data: DataTransfer | null): ReadonlyArray<File> =>
  data === null || data.types.includes("text/plain") ? [] : [...data.files]

const mostInMessage = 10

const toSend = ({ file, shape }: Staged, asFiles: boolean): FileToSend => ({
  content: file,
  ...(shape ? { width: shape.width, height: shape.height } : {}),
  ...(asFiles && file.type.startsWith("image/") ? { as: "file" } : {}),
})

/** Sends what is attached, ten files in a message; the first one has the text. */
export const sendTray = (client: ChatClient, chatId: ChatId, text: string, replyTo: MessageId | undefined): void => {
  const { asFiles, files } = trayOf(chatId)
  for (let from = 0; from < files.length; from += mostInMessage) {
    const part = files.slice(from, from + mostInMessage).map((one) => toSend(one, asFiles))
    const first = from === 0 && replyTo !== undefined ? { replyTo } : {}
    client.send(chatId, from === 0 ? text : "", { files: part, ...first })
  }
  change(chatId, empty)
}
