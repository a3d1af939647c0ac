// The outbox of a page: unsent messages and drafts in the browser's IndexedDB, shared by its tabs. The bytes of files are
// in a store of their own, so that a message that changes does not write them again.
import type { UserId } from "../../domain/Ids.ts"
import type { FileContent } from "../state/ChatState.ts"
import { committed, done, openedOnce } from "./indexedDb.ts"
import type { OutboxStorage, StoredDraft, StoredMessage, StoredUpload } from "./OutboxStorage.ts"

interface Draft extends StoredDraft {
  readonly userId: UserId
}

/** The file at `index` of a message. */
interface StoredContent {
  readonly userId: UserId
  readonly dedupKey: string
  readonly index: number
  readonly content: FileContent
}

type Row = Omit<StoredMessage, "uploads"> & { readonly uploads?: ReadonlyArray<Omit<StoredUpload, "content">> }

/** The keys of all files of a message: an array is greater than every number. */
const contentsOf = (userId: UserId, dedupKey: string) => IDBKeyRange.bound([userId, dedupKey], [userId, dedupKey, []])

type Kind = "messages" | "drafts" | "contents"

export const indexedDbOutbox = (name = "confab"): OutboxStorage => {
  /** The messages whose files are stored. */
  const stored = new Set<string>()
  const database = openedOnce(name, 2, (result, oldVersion) => {
    if (oldVersion < 1) {
      const messages = result.createObjectStore("messages", { keyPath: ["userId", "dedupKey"] })
      messages.createIndex("userId", "userId")
      const drafts = result.createObjectStore("drafts", { keyPath: ["userId", "chatId"] })
      drafts.createIndex("userId", "userId")
    }
    const contents = result.createObjectStore("contents", { keyPath: ["userId", "dedupKey", "index"] })
    contents.createIndex("userId", "userId")
  })
  const begin = async (mode: IDBTransactionMode, ...kinds: ReadonlyArray<Kind>) =>
    (await database()).transaction(kinds, mode)
  return {
    load: async (userId) => {
      const transaction = await begin("readonly", "messages", "drafts", "contents")
      const all = <A>(kind: Kind) => done<Array<A>>(transaction.objectStore(kind).index("userId").getAll(userId))
      const [rows, texts, contents] = await Promise.all([
        all<Row>("messages"),
        all<Draft>("drafts"),
        all<StoredContent>("contents"),
      ])
      const messages = rows.flatMap(({ uploads, ...row }): ReadonlyArray<StoredMessage> => {
        if (uploads === undefined) return [row]
        const found = uploads.flatMap((upload, at) => {
          const held = contents.find(({ dedupKey, index }) => dedupKey === row.dedupKey && index === at)
          return held === undefined ? [] : [{ ...upload, content: held.content }]
        })
        stored.add(row.dedupKey)
        return found.length === uploads.length ? [{ ...row, uploads: found }] : []
      })
      return { messages, drafts: texts.map(({ chatId, text, shared = false }) => ({ chatId, text, shared })) }
    },
    put: async ({ uploads, ...message }) => {
      const { dedupKey, userId } = message
      const files = uploads ?? []
      const transaction = await begin("readwrite", "messages", "contents")
      const rows = files.map(({ content: _, ...upload }) => upload)
      const row: Row = files.length === 0 ? message : { ...message, uploads: rows }
      transaction.objectStore("messages").put(row)
      if (!stored.has(dedupKey)) {
        for (const [index, { content }] of files.entries()) {
          const file: StoredContent = { userId, dedupKey, index, content }
          transaction.objectStore("contents").put(file)
        }
      }
      await committed(transaction)
      if (files.length > 0) stored.add(dedupKey)
    },
    remove: async ({ userId, dedupKey }) => {
      const transaction = await begin("readwrite", "messages", "contents")
      transaction.objectStore("messages").delete([userId, dedupKey])
      transaction.objectStore("contents").delete(contentsOf(userId, dedupKey))
      await committed(transaction)
      stored.delete(dedupKey)
    },
    putDraft: async (userId, chatId, text, shared) => {
      const drafts = (await begin("readwrite", "drafts")).objectStore("drafts")
      const draft: Draft = { userId, chatId, text, shared }
      if (text === "") await done(drafts.delete([userId, chatId]))
      else await done(drafts.put(draft))
    },
  }
}
