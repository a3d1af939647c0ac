// The outbox of a page: unsent messages and drafts in the browser's IndexedDB, shared by its tabs.
import type { UserId } from "../../domain/Ids.ts"
import type { OutboxStorage, StoredDraft, StoredMessage } from "./OutboxStorage.ts"

interface Draft extends StoredDraft {
  readonly userId: UserId
}

const done = <A>(request: IDBRequest<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

/** `name`: one database for each server that a page uses. */
export const indexedDbOutbox = (name = "confab"): OutboxStorage => {
  let opened: Promise<IDBDatabase> | undefined
  const database = (): Promise<IDBDatabase> => {
    opened ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, 1)
      request.onupgradeneeded = () => {
        const messages = request.result.createObjectStore("messages", { keyPath: ["userId", "dedupKey"] })
        messages.createIndex("userId", "userId")
        const drafts = request.result.createObjectStore("drafts", { keyPath: ["userId", "chatId"] })
        drafts.createIndex("userId", "userId")
      }
      request.onsuccess = () => {
        const opening = request.result
        // Another tab may load a newer version of the page: do not block its upgrade.
        opening.onversionchange = () => {
          opening.close()
          opened = undefined
        }
        resolve(opening)
      }
      request.onerror = () => reject(request.error)
    })
    opened.catch(() => {
      opened = undefined
    })
    return opened
  }
  const store = async (kind: "messages" | "drafts", mode: IDBTransactionMode) =>
    (await database()).transaction(kind, mode).objectStore(kind)
  return {
    load: async (userId) => {
      const messages = await store("messages", "readonly")
      const drafts = messages.transaction.db.transaction("drafts", "readonly").objectStore("drafts")
      const [all, texts] = await Promise.all([
        done<Array<StoredMessage>>(messages.index("userId").getAll(userId)),
        done<Array<Draft>>(drafts.index("userId").getAll(userId)),
      ])
      return { messages: all, drafts: texts.map(({ chatId, text, shared = false }) => ({ chatId, text, shared })) }
    },
    put: async (message) => {
      await done((await store("messages", "readwrite")).put(message))
    },
    remove: async ({ userId, dedupKey }) => {
      await done((await store("messages", "readwrite")).delete([userId, dedupKey]))
    },
    putDraft: async (userId, chatId, text, shared) => {
      const drafts = await store("drafts", "readwrite")
      const draft: Draft = { userId, chatId, text, shared }
      if (text === "") await done(drafts.delete([userId, chatId]))
      else await done(drafts.put(draft))
    },
  }
}
