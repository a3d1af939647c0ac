// Uploads one file, in one attempt. What the server would refuse is refused before any byte is sent.
import type { Service } from "../../contract/ServiceApi.ts"
import type { File } from "../../domain/File.ts"
import { ChatClientError } from "../ChatClientError.ts"
import type { Runtime } from "../Runtime.ts"
import type { Session } from "../Session.ts"
import type { PendingUpload } from "../state/ChatState.ts"
import { baseName, fileName } from "./fileName.ts"
import { openContent, transport } from "./transport.ts"

export interface UploadParts {
  readonly runtime: Runtime
  readonly session: Session
  readonly service: () => Promise<Service>
}

/** Milliseconds between two reports of progress. */
const reportEvery = 100

export const uploadFile = async (
  { runtime, service, session }: UploadParts,
  { as, content, durationMs, name, waveform }: PendingUpload,
  onProgress: (sent: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<File> => {
  const { files } = await service()
  if (files === null) throw new ChatClientError("NotFound", "This server takes no files.", { status: 404 })
  const opened = await openContent(content)
  const { size } = opened
  if (size === 0) throw new ChatClientError("FileEmpty", "The file is empty.")
  if (size > files.max_bytes) {
    const message = `The file has ${size} bytes; the server takes at most ${files.max_bytes}.`
    throw new ChatClientError("FileTooLarge", message, { status: 413 })
  }
  let reportedAt = Number.NEGATIVE_INFINITY
  const report = (sent: number) => {
    const now = runtime.now()
    if (sent < size && now - reportedAt < reportEvery) return
    reportedAt = now
    onProgress(Math.min(sent, size), size)
  }
  return session.request<File>({
    method: "POST",
    path: "/files",
    query: {
      name: fileName("path" in content && name === content.path ? baseName(name) : name),
      as: as ?? undefined,
      duration_ms: durationMs === null ? undefined : Math.max(0, Math.round(durationMs)),
      waveform: waveform ?? undefined,
    },
    signal,
    send: transport(runtime, opened, report),
  })
}
