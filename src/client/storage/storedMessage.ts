// An unsent message as it is shown, and as a storage keeps it.
import type { UserId } from "../../domain/Ids.ts"
import type { PendingMessage } from "../state/ChatState.ts"
import type { StoredMessage } from "./OutboxStorage.ts"

export const pendingOf = (message: StoredMessage): PendingMessage => {
  const { dedupKey, chatId, text, replyTo, attachments = [], custom = null, createdAt, failure } = message
  return {
    dedupKey,
    chatId,
    text,
    replyTo,
    attachments,
    uploads: (message.uploads ?? []).map((upload) => ({ ...upload, sent: upload.file?.size ?? 0 })),
    custom,
    createdAt,
    status: failure === null ? "queued" : "failed",
    failure,
  }
}

export const storedOf = (userId: UserId, order: number, pending: PendingMessage): StoredMessage => {
  const { dedupKey, chatId, text, replyTo, attachments, custom, createdAt, failure } = pending
  const uploads = pending.uploads.map(({ sent: _, ...upload }) => upload)
  return {
    userId,
    dedupKey,
    order,
    chatId,
    text,
    replyTo,
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(uploads.length === 0 ? {} : { uploads }),
    ...(custom === null ? {} : { custom }),
    createdAt,
    failure,
  }
}
