// Sends the bytes of a file and reports how many have left: by XMLHttpRequest in browsers, whose fetch reports no progress,
// and by fetch elsewhere.
import { ChatClientError } from "../ChatClientError.ts"
import type { Runtime } from "../Runtime.ts"
import type { FileContent } from "../state/ChatState.ts"

type Report = (sent: number) => void

/** Bytes, with their number. `stream` can be called once for each attempt. */
export interface OpenedContent {
  readonly size: number
  readonly blob: Blob | null
  stream(): ReadableStream<Uint8Array>
}

const unreadable = (cause: unknown) =>
  new ChatClientError("FileUnreadable", "The file cannot be read (any more).", { cause })

/** Rejects with `FileUnreadable` for a path without a file, or a file that was changed after it was chosen. */
export const openContent = async (content: FileContent): Promise<OpenedContent> => {
  try {
    if (!("path" in content)) {
      await content.slice(0, 1).arrayBuffer()
      return { size: content.size, blob: content, stream: () => content.stream() }
    }
    const { createReadStream, promises } = process.getBuiltinModule("fs")
    const { Readable } = process.getBuiltinModule("stream")
    const { path } = content
    const handle = await promises.open(path, "r")
    const { size } = await handle.stat().finally(() => handle.close())
    return { size, blob: null, stream: () => Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array> }
  } catch (cause) {
    throw unreadable(cause)
  }
}

const byXhr = (url: string, { headers, method, signal }: RequestInit, blob: Blob, report: Report): Promise<Response> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method ?? "POST", url)
    new Headers(headers).forEach((value, name) => {
      request.setRequestHeader(name, value)
    })
    request.upload.onprogress = ({ loaded }) => report(loaded)
    const abort = () => request.abort()
    signal?.addEventListener("abort", abort)
    request.onload = () => {
      const retryAfter = request.getResponseHeader("retry-after")
      const init = { status: request.status, headers: retryAfter === null ? {} : { "retry-after": retryAfter } }
      resolve(new Response(request.responseText || null, init))
    }
    request.onerror = () => reject(new TypeError("The upload was cut."))
    request.onabort = () => reject(new DOMException("The upload was aborted.", "AbortError"))
    request.onloadend = () => signal?.removeEventListener("abort", abort)
    if (signal?.aborted) abort()
    request.send(blob)
  })

const counted = (stream: ReadableStream<Uint8Array>, report: Report): ReadableStream<Uint8Array> => {
  let sent = 0
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        sent += chunk.byteLength
        report(sent)
        controller.enqueue(chunk)
      },
    }),
  )
}

/** Takes the place of `Runtime.fetch` for one upload. */
export const transport =
  (runtime: Runtime, { blob, size, stream }: OpenedContent, report: Report): Runtime["fetch"] =>
  (url, init) => {
    const headers = { ...init.headers, "content-type": "application/octet-stream" }
    if (typeof XMLHttpRequest !== "undefined" && blob !== null) return byXhr(url, { ...init, headers }, blob, report)
    // Without the length the body would be sent in chunks, and the server wants to know its size before.
    const body = counted(stream(), report)
    const whole = { ...init, headers: { ...headers, "content-length": String(size) }, body, duplex: "half" }
    return runtime.fetch(url, whole as RequestInit)
  }
