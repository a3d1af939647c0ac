// `ChatClient.upload`: one file, tried again while the server is unreachable or busy.
import type { File } from "../../domain/File.ts"
import type { FileToSend, UploadOptions } from "../ChatClient.ts"
import { ChatClientError } from "../ChatClientError.ts"
import { backoff } from "../connection/Backoff.ts"
import { isPassing } from "../Http.ts"
import { pendingUpload } from "./pendingUpload.ts"
import { type UploadParts, uploadFile } from "./uploadFile.ts"

const attempts = 5

export const uploadAgain = async (
  parts: UploadParts,
  file: FileToSend,
  { onProgress = () => {}, signal }: UploadOptions,
): Promise<File> => {
  const { runtime } = parts
  const pause = (millis: number) =>
    new Promise<void>((resolve, reject) => {
      const aborted = () => {
        cancel()
        reject(new ChatClientError("Aborted", "The upload was aborted."))
      }
      const cancel = runtime.after(millis, () => {
        signal?.removeEventListener("abort", aborted)
        resolve()
      })
      signal?.addEventListener("abort", aborted, { once: true })
    })
  for (let failed = 0; ; failed++) {
    try {
      return await uploadFile(parts, pendingUpload(file), onProgress, signal)
    } catch (error) {
      if (!isPassing(error) || failed + 1 >= attempts) throw error
      const asked = error instanceof ChatClientError ? error.retryAfterMs : null
      await pause(asked ?? backoff(failed, runtime.random()))
    }
  }
}
