// Pages of a chat's history over HTTP, on persistent connections with one request at a time on each.
import { createConnection } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { Histogram } from "../Histogram.ts"
import type { HistoryResult, HistoryWork } from "../Job.ts"
import type { Context } from "./context.ts"
import { measure } from "./Meter.ts"

const headersEnd = Buffer.from("\r\n\r\n")
const lastChunk = Buffer.from("\r\n0\r\n\r\n")

/**
 * The length of the answer at the beginning of `bytes`; undefined while it is incomplete. Throws for any status but
 * 200.
 */
const answerLength = (bytes: Buffer): number | undefined => {
  const head = bytes.indexOf(headersEnd)
  if (head === -1) return undefined
  const headers = bytes.toString("latin1", 0, head)
  if (!headers.startsWith("HTTP/1.1 200")) throw new Error(`a page was refused: ${headers.split("\r\n", 1)[0]}`)
  const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1]
  if (length !== undefined) return bytes.length >= head + 4 + Number(length) ? head + 4 + Number(length) : undefined
  const end = bytes.indexOf(lastChunk, head + 2)
  return end === -1 ? undefined : end + lastChunk.length
}

class Reader {
  pages = 0
  /** The first answer, to check its content. */
  first = ""
  readonly #request: string
  readonly #page: Histogram
  readonly #socket
  #bytes: Buffer = Buffer.alloc(0)
  #sentAt = 0
  #running = true

  constructor(port: number, request: string, page: Histogram, failed: (cause: unknown) => void) {
    this.#request = request
    this.#page = page
    this.#socket = createConnection({ port, host: "127.0.0.1", noDelay: true })
    this.#socket.on("error", failed)
    this.#socket.on("data", (chunk: Buffer) => {
      try {
        this.#receive(chunk)
      } catch (cause) {
        failed(cause)
      }
    })
    this.#ask()
  }

  stop(): void {
    this.#running = false
    this.#socket.destroy()
  }

  #ask(): void {
    this.#sentAt = performance.now()
    this.#socket.write(this.#request)
  }

  #receive(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    const length = answerLength(this.#bytes)
    if (length === undefined) return
    if (this.first === "") this.first = this.#bytes.toString("utf8", 0, length)
    this.#bytes = this.#bytes.subarray(length)
    this.pages++
    this.#page.record(performance.now() - this.#sentAt)
    if (this.#running) this.#ask()
  }
}

const checkPage = (answer: string, offset: number, limit: number): void => {
  const seqs = [...answer.matchAll(/"seq":\s*(\d+)/g)].map((match) => Number(match[1]))
  if (seqs.length !== limit || seqs.some((seq, index) => seq !== offset + index + 1))
    throw new Error(`the page at offset ${offset} is not what it should be: ${seqs.length} items from ${seqs[0]}`)
}

const at = async (context: Context, work: HistoryWork, offset: number): Promise<HistoryResult> => {
  const { job } = context
  const request = [
    `GET /history/${work.chat.id}?limit=${work.limit}&offset=${offset} HTTP/1.1`,
    `Host: 127.0.0.1:${job.port}`,
    `Authorization: Bearer ${context.token(work.chat.first)}`,
    "\r\n",
  ].join("\r\n")
  const page = new Histogram()
  const failure = Promise.withResolvers<never>()
  const readers = Array.from({ length: work.connections }, () => new Reader(job.port, request, page, failure.reject))
  const pages = () => readers.reduce((sum, reader) => sum + reader.pages, 0)
  const run = async (): Promise<HistoryResult> => {
    await sleep(job.warmUp * 1000)
    page.clear()
    const before = pages()
    const measured = measure(job.pid)
    await sleep(job.seconds * 1000)
    return { ...measured(), offset, pages: pages() - before, page: page.summary() }
  }
  try {
    const result = await Promise.race([run(), failure.promise])
    checkPage(readers[0]!.first, offset, work.limit)
    return result
  } finally {
    for (const reader of readers) reader.stop()
  }
}

export const history = async (
  context: Context,
  work: HistoryWork,
): Promise<{ history: ReadonlyArray<HistoryResult> }> => {
  const results: Array<HistoryResult> = []
  await context.ask("measuring")
  for (const offset of work.offsets) results.push(await at(context, work, offset))
  await context.ask("measured")
  return { history: results }
}
