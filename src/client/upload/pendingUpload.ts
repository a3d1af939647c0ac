// Files as they wait in the outbox, made of what the program hands over.
import type { FileId } from "../../domain/File.ts"
import type { FileToSend } from "../ChatClient.ts"
import { ChatClientError } from "../ChatClientError.ts"
import type { PendingUpload } from "../state/ChatState.ts"

const unknown = { as: null, durationMs: null, waveform: null, width: null, height: null, size: null, type: "" }

export const pendingUpload = (file: FileToSend): PendingUpload => {
  const { content } = file
  const about = "path" in content ? { name: content.path } : { name: "", type: content.type, size: content.size }
  const named = "name" in content ? { name: String(content.name) } : {}
  return { ...unknown, ...about, ...named, ...file, sent: 0, file: null }
}

const most = 10

export const pendingUploads = (files: ReadonlyArray<FileToSend>, attachments: ReadonlyArray<FileId>) => {
  if (files.length + attachments.length > most) {
    throw new ChatClientError("TooManyFiles", `A message has at most ${most} files.`)
  }
  return files.map(pendingUpload)
}
