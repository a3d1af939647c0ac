// The outbox of a program on Node: unsent messages and drafts in a file. Each program needs its own file. Bytes that are to
// be uploaded are in a directory beside it until their message is sent; of a file that has a path, the path is kept.
import type { UserId } from "../../domain/Ids.ts"
import type { FileContent } from "../state/ChatState.ts"
import { jsonFile } from "./JsonFile.ts"
import type { OutboxStorage, StoredDraft, StoredMessage } from "./OutboxStorage.ts"

interface Draft extends StoredDraft {
  readonly userId: UserId
}

interface Content {
  readonly messages: ReadonlyArray<StoredMessage>
  readonly drafts: ReadonlyArray<Draft>
}

const isContent = (value: unknown): value is Content =>
  typeof value === "object" &&
  value !== null &&
  "messages" in value &&
  Array.isArray(value.messages) &&
  "drafts" in value &&
  Array.isArray(value.drafts)

/** Bytes in files of their own, one a message and place. */
const bytesBeside = (path: string) => {
  const { mkdir, open, readdir, rm, rmdir } = process.getBuiltinModule("fs/promises")
  const { join } = process.getBuiltinModule("path")
  const directory = `${path}.files`
  const nameOf = (dedupKey: string, index: number) => `${encodeURIComponent(dedupKey)}.${index}`
  const written = new Set<string>()
  return {
    /** Writes the bytes of a message once, and returns where they are. */
    async keep(dedupKey: string, index: number, content: FileContent): Promise<FileContent> {
      if ("path" in content) return content
      const name = nameOf(dedupKey, index)
      const at = join(directory, name)
      if (written.has(name)) return { path: at }
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const file = await open(at, "w", 0o600)
      try {
        await file.writeFile(content.stream())
        await file.sync()
      } finally {
        await file.close()
      }
      written.add(name)
      return { path: at }
    },
    /** Deletes all but those of these messages. */
    async keepOnly(messages: Iterable<StoredMessage>): Promise<void> {
      const names = await readdir(directory).catch(() => [])
      if (names.length === 0) return
      const kept = new Set<string>()
      for (const { dedupKey, uploads = [] } of messages) {
        for (const index of uploads.keys()) kept.add(nameOf(dedupKey, index))
      }
      const unused = names.filter((name) => !kept.has(name))
      await Promise.all(unused.map((name) => rm(join(directory, name), { force: true })))
      for (const name of unused) written.delete(name)
      // One that is not empty stays.
      if (unused.length === names.length) await rmdir(directory).catch(() => {})
    },
  }
}

export const fileOutbox = (path: string): OutboxStorage => {
  const file = jsonFile(path, isContent)
  const bytes = bytesBeside(path)
  const messages = new Map<string, StoredMessage>()
  const drafts = new Map<string, Draft>()
  let loading: Promise<void> | undefined
  const ready = (): Promise<void> => {
    loading ??= file.read().then(async (content) => {
      for (const message of content?.messages ?? []) messages.set(`${message.userId}:${message.dedupKey}`, message)
      for (const draft of content?.drafts ?? []) drafts.set(`${draft.userId}:${draft.chatId}`, draft)
      // A program that ended while it wrote them may have left some.
      await bytes.keepOnly(messages.values())
    })
    return loading
  }
  const save = (): Promise<void> =>
    file.write(
      messages.size + drafts.size === 0 ? null : { messages: [...messages.values()], drafts: [...drafts.values()] },
    )
  /** A message is removed after it was put, however long its bytes take. */
  let putting: Promise<unknown> = Promise.resolve()
  const inTurn = <A>(run: () => Promise<A>): Promise<A> => {
    const turn = putting.then(run, run)
    putting = turn
    return turn
  }
  return {
    load: async (userId) => {
      await ready()
      return {
        messages: [...messages.values()].filter((message) => message.userId === userId),
        drafts: [...drafts.values()].filter((draft) => draft.userId === userId),
      }
    },
    put: async (message) => {
      await ready()
      const key = `${message.userId}:${message.dedupKey}`
      const { uploads } = message
      if (uploads === undefined) {
        messages.set(key, message)
        await save()
        return
      }
      await inTurn(async () => {
        const kept: Array<NonNullable<StoredMessage["uploads"]>[number]> = []
        for (const [index, upload] of uploads.entries()) {
          kept.push({ ...upload, content: await bytes.keep(message.dedupKey, index, upload.content) })
        }
        messages.set(key, { ...message, uploads: kept })
        await save()
      })
    },
    remove: async ({ userId, dedupKey }) => {
      await ready()
      const key = `${userId}:${dedupKey}`
      const remove = async () => {
        const had = messages.get(key)
        if (!messages.delete(key)) return
        await save()
        if (had?.uploads !== undefined) await bytes.keepOnly(messages.values())
      }
      await inTurn(remove)
    },
    putDraft: async (userId, chatId, text, shared) => {
      await ready()
      if (text === "") drafts.delete(`${userId}:${chatId}`)
      else drafts.set(`${userId}:${chatId}`, { userId, chatId, text, shared })
      await save()
    },
  }
}
