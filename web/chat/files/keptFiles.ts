// The attached and unsent files at rest: in the browser's IndexedDB, by user, chat and thread, until they are sent or
// removed.
// Bounded: those of other chats make room, the oldest first.

import { committed, done, openedOnce } from "../../../src/client/storage/indexedDb.ts"
import type { ChatId, MessageId, UserId } from "../../../src/domain/Ids.ts"
import { base } from "../../base.ts"

/** Where something is being written. */
export interface WritingPlace {
  readonly userId: UserId
  readonly chatId: ChatId
  /** The root of the thread; 0: in the chat itself. */
  readonly thread: MessageId | 0
}

export interface KeptFile extends WritingPlace {
  /** Grows with the time at which the file was attached. */
  readonly id: number
  readonly file: File
}

/** Bytes of one user. */
const mostBytes = 256 * 2 ** 20

const database = openedOnce(`confab${base}.attached`, 1, (created) => {
  created.createObjectStore("files", { keyPath: ["userId", "chatId", "id"] })
  /** The places whose pictures are sent as they are. */
  created.createObjectStore("asFiles")
})

/** An array is greater than every number. */
const allOf = (...key: ReadonlyArray<number>) => IDBKeyRange.bound([...key], [...key, []])

/**
 * Which of the kept files make room for one of `size` bytes in a chat: null: there cannot be enough. `kept` in any
 * order.
 */
export const makingRoom = <One extends { readonly chatId: ChatId; readonly id: number; readonly size: number }>(
  kept: ReadonlyArray<One>,
  chatId: ChatId,
  size: number,
  most = mostBytes,
): ReadonlyArray<One> | null => {
  let over = kept.reduce((sum, one) => sum + one.size, size) - most
  const leaving: Array<One> = []
  const others = kept.filter((one) => one.chatId !== chatId).sort((a, b) => a.id - b.id)
  for (const one of others) {
    if (over <= 0) break
    leaving.push(one)
    over -= one.size
  }
  return over <= 0 ? leaving : null
}

/** The files attached there, in their order. */
export const keptFiles = async ({
  chatId,
  thread,
  userId,
}: WritingPlace): Promise<{ readonly files: ReadonlyArray<KeptFile>; readonly asFiles: boolean }> => {
  const transaction = (await database()).transaction(["files", "asFiles"], "readonly")
  const [files, choices] = await Promise.all([
    done<Array<KeptFile>>(transaction.objectStore("files").getAll(allOf(userId, chatId))),
    done(transaction.objectStore("asFiles").count([userId, chatId, thread])),
  ])
  return { files: files.filter((one) => one.thread === thread), asFiles: choices > 0 }
}

/** The files attached in the chats themselves, by chat. */
export const keptInChats = async (userId: UserId): Promise<ReadonlyMap<ChatId, ReadonlyArray<KeptFile>>> => {
  const files = (await database()).transaction("files", "readonly").objectStore("files")
  const all = await done<Array<KeptFile>>(files.getAll(allOf(userId)))
  return Map.groupBy(
    all.filter(({ thread }) => thread === 0),
    ({ chatId }) => chatId,
  )
}

/** Whether there was room. */
export const keepFile = async (kept: KeptFile): Promise<boolean> => {
  const transaction = (await database()).transaction("files", "readwrite")
  const files = transaction.objectStore("files")
  const all = await done<Array<KeptFile>>(files.getAll(allOf(kept.userId)))
  const sizes = all.map(({ chatId, file, id }) => ({ chatId, id, size: file.size }))
  const leaving = makingRoom(sizes, kept.chatId, kept.file.size)
  if (leaving === null) return false
  for (const { chatId, id } of leaving) files.delete([kept.userId, chatId, id])
  files.put(kept)
  await committed(transaction)
  return true
}

export const dropFiles = async ({ userId, chatId }: WritingPlace, ids: ReadonlyArray<number>): Promise<void> => {
  const transaction = (await database()).transaction("files", "readwrite")
  for (const id of ids) transaction.objectStore("files").delete([userId, chatId, id])
  await committed(transaction)
}

export const keepAsFiles = async ({ chatId, thread, userId }: WritingPlace, asFiles: boolean): Promise<void> => {
  const choices = (await database()).transaction("asFiles", "readwrite").objectStore("asFiles")
  if (asFiles) await done(choices.put(true, [userId, chatId, thread]))
  else await done(choices.delete([userId, chatId, thread]))
}

/** Deletes all that is kept of a user. */
export const forgetFiles = async (userId: UserId): Promise<void> => {
  const transaction = (await database()).transaction(["files", "asFiles"], "readwrite")
  transaction.objectStore("files").delete(allOf(userId))
  transaction.objectStore("asFiles").delete(allOf(userId))
  await committed(transaction)
}
