// The FileStore over the in-memory tables.
import { Effect } from "effect"
import type { BlobId, File, FileId } from "../../domain/File.ts"
import type { UserId } from "../../domain/Ids.ts"
import { timestamp } from "../../domain/Timestamp.ts"
import { type AttachmentRow, type FileRow, liveChat, membership, Tables } from "../memory/Tables.ts"
import {
  type FileStoreShape,
  heldMillis,
  releasedMillis,
  reservedMillis,
  type StoredFile,
  unusedMillis,
} from "./shape.ts"

const fileOf = ({ about, id, kind, name, size, type }: FileRow): File => ({ id, kind, name, type, size, ...about })

const storedFile = (row: FileRow): StoredFile => ({
  file: fileOf(row),
  owner_id: row.owner_id,
  blob: row.blob,
  thumb: row.thumb,
  created_at: row.created_at,
})

const avatarOf = (info: object): unknown => ("avatar" in info ? info.avatar : undefined)

export const makeMemoryFiles = Effect.gen(function* () {
  const tables = yield* Tables
  const all = () => [...tables.files.values()]
  const change = (row: FileRow, fields: Partial<FileRow>) => tables.files.set(row.id, { ...row, ...fields })
  const messageOf = ({ chat_id, seq }: AttachmentRow) => {
    const message = liveChat(tables, chat_id)?.messages[seq - 1]
    return message?.deleted === false ? message : undefined
  }
  const attachmentsOf = (id: FileId) => [...tables.attachments.values()].filter(({ file_id }) => file_id === id)
  const isAvatar = (id: FileId) =>
    [...tables.users.values()].some(({ info }) => avatarOf(info) === id) ||
    [...tables.chats.values()].some(({ row }) => !row.deleted && avatarOf(row.info) === id)
  const isUsed = (id: FileId) =>
    attachmentsOf(id).some(({ chat_id }) => tables.chats.get(chat_id)?.row.deleted !== true) || isAvatar(id)
  const isDrafted = ({ id, owner_id }: FileRow) =>
    [...(tables.state.get(owner_id)?.entries.values() ?? [])].some(({ key, value }) => {
      if (value === null || !/^(?:draft|scheduled):/.test(key)) return false
      const { attachments }: { readonly attachments?: ReadonlyArray<number> } = JSON.parse(value)
      return attachments?.includes(id) === true
    })
  const maySee = ({ id, owner_id }: FileRow, reader: UserId) =>
    owner_id === reader ||
    isAvatar(id) ||
    attachmentsOf(id).some(
      (row) => messageOf(row) !== undefined && membership(tables, row.chat_id, reader) !== undefined,
    )
  const usedBytes = (owner_id: UserId) =>
    all().reduce((sum, file) => (file.owner_id === owner_id ? sum + file.size : sum), 0)

  const setDead = (ids: ReadonlyArray<BlobId | null>, dead_at: number | null) => {
    for (const id of ids) {
      const blob = id === null ? undefined : tables.blobs.get(id)
      if (blob !== undefined && !blob.doomed) tables.blobs.set(blob.id, { ...blob, dead_at })
    }
  }
  const removeRow = ({ blob, id, thumb }: FileRow, now: number) => {
    tables.files.delete(id)
    setDead([blob, thumb], now)
  }

  return {
    sameBytes: ({ sha256, size }) =>
      Effect.sync(
        () =>
          [...tables.blobs.values()].find((blob) => blob.sha256 === sha256 && blob.size === size && !blob.doomed)?.id,
      ),
    reserve: (blobs, now) =>
      Effect.sync(() => {
        for (const blob of blobs) tables.blobs.set(blob.id, { ...blob, dead_at: now + reservedMillis, doomed: false })
      }),
    add: (file, quota) =>
      Effect.sync(() => {
        if (tables.users.get(file.owner_id)?.deleted_at !== null) return { _tag: "NoOwner" }
        const used_bytes = usedBytes(file.owner_id)
        if (quota !== null && used_bytes + file.size > quota) return { _tag: "QuotaExceeded", used_bytes }
        const blobs = [file.blob, file.thumb].filter((id) => id !== null)
        if (blobs.some((id) => tables.blobs.get(id)?.doomed !== false)) return { _tag: "Gone" }
        setDead(blobs, null)
        const id = tables.nextId.file++ as FileId
        tables.files.set(id, { ...file, id, used_until: file.created_at + unusedMillis, held_until: null })
        return { _tag: "Added", id }
      }),
    usedBytes: (owner_id) => Effect.sync(() => usedBytes(owner_id)),
    find: (id, reader) =>
      Effect.sync(() => {
        const row = tables.files.get(id)
        return row !== undefined && maySee(row, reader) ? storedFile(row) : undefined
      }),
    byId: (id) =>
      Effect.sync(() => {
        const row = tables.files.get(id)
        return row && storedFile(row)
      }),
    hold: (ids, owner_id, now) =>
      Effect.sync(() =>
        ids.flatMap((id) => {
          const row = tables.files.get(id)
          if (row === undefined || (owner_id !== undefined && row.owner_id !== owner_id)) return []
          change(row, { used_until: now + unusedMillis, held_until: now + heldMillis })
          return [fileOf(row)]
        }),
      ),
    list: (owner_id, { before = Number.MAX_SAFE_INTEGER, limit }) =>
      Effect.sync(() =>
        all()
          .filter((row) => row.owner_id === owner_id && row.id < before)
          .sort((a, b) => b.id - a.id)
          .slice(0, limit)
          .map(storedFile),
      ),
    inChat: (chat_id, { before = Number.MAX_SAFE_INTEGER, kind, limit }) =>
      Effect.sync(() => {
        const rows = [...tables.attachments.values()]
          .filter((row) => row.chat_id === chat_id && row.seq < before && (kind === undefined || row.kind === kind))
          .sort((a, b) => b.seq - a.seq || a.place - b.place)
        const oldest = rows[Math.min(limit, rows.length) - 1]?.seq ?? 0
        return {
          items: rows.flatMap((row) => {
            const [message, file] = [messageOf(row), tables.files.get(row.file_id)]
            if (row.seq < oldest || message === undefined || file === undefined) return []
            const { id, sender_id, seq } = message
            return [{ file: fileOf(file), message_id: id, seq, sender_id, created_at: timestamp(message.created_at) }]
          }),
          has_more: rows.some(({ seq }) => seq < oldest),
        }
      }),
    remove: (id, owner_id, now) =>
      Effect.sync(() => {
        const row = tables.files.get(id)
        if (row?.owner_id !== owner_id) return "NotFound"
        if ((row.held_until !== null && row.held_until >= now) || isUsed(id)) return "InUse"
        removeRow(row, now)
        return "Removed"
      }),
    expire: (now, limit) =>
      Effect.sync(() => {
        for (const row of all()) {
          if (row.used_until === null && !isUsed(row.id)) change(row, { used_until: now + releasedMillis })
        }
        const due = all()
          .filter(({ used_until }) => used_until !== null && used_until < now)
          .slice(0, limit)
        for (const row of due) {
          if (isUsed(row.id)) change(row, { used_until: null })
          else if (isDrafted(row)) change(row, { used_until: now + unusedMillis })
          else removeRow(row, now)
        }
        return due.length
      }),
    doom: (now, limit) =>
      Effect.sync(() => {
        const files = all()
        const due = [...tables.blobs.values()]
          .filter(({ dead_at }) => dead_at !== null && dead_at <= now)
          .slice(0, limit)
        return due.flatMap((blob) => {
          const used = files.some((file) => file.blob === blob.id || file.thumb === blob.id)
          tables.blobs.set(blob.id, { ...blob, doomed: !used, dead_at: used ? null : blob.dead_at })
          return used ? [] : [blob.id]
        })
      }),
    forget: (blobs) =>
      Effect.sync(() => {
        for (const id of blobs) if (tables.blobs.get(id)?.doomed === true) tables.blobs.delete(id)
      }),
  } satisfies FileStoreShape
})
